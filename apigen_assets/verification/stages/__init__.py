"""The three stages in order: format, execution, semantic (paper, section 3.2)."""
