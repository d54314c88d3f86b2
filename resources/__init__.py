"""One module per outside system; none of them knows an asset."""
