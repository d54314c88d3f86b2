"""From verified candidates to the rows that are released."""
