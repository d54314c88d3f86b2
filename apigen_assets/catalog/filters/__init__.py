"""Which imported APIs are used: documented, reachable, in a category (paper, section 3.2)."""
