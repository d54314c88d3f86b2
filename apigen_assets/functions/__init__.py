"""The built-in Python functions, one module per domain, with their seed examples."""
