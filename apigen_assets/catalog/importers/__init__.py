"""Sources of APIs, one importer per format."""
