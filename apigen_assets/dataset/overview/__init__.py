"""The page that people look at first: one line per source of APIs."""
