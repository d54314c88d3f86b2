"""What an API is, where APIs come from, and which of them are fit to be used."""
