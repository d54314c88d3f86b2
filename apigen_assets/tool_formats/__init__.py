"""One tool in its spellings: JSON Schema, xLAM type strings, OpenAI tools, Python signatures."""
