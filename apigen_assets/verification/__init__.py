"""The three stages that decide whether a candidate is right: format, execution, semantic."""
