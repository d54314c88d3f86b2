"""What a decoder raises."""


class UndecodableError(ValueError):
    """The answer is not in the form; the message says what is not."""
