"""The mutation suite: labelled damage derived from good rows, and what the stages make of it."""
