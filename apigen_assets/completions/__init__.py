"""What language models write, as text: reasoning set apart, and the JSON in it found and read."""
