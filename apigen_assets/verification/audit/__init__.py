"""The audit of data sets that were made elsewhere."""
