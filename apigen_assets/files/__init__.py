"""What lies on a disk and how it gets there whole: atomic files, folders, canonical JSON, append-only segments."""
