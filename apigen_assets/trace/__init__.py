"""One row's whole life, from the file of its API to the revision that holds it."""
