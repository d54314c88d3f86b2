"""What goes wrong with the lake."""


class LakeError(Exception):
    """The lake cannot be used as asked; the message says which part and what to do."""
