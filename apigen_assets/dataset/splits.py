"""Splits by API, not by row: rows of one API share its vocabulary, so a row split would measure memory."""

import hashlib
from collections.abc import Iterable

SPLITS = ("train", "heldout", "mixed")


def is_held_out(api_id: str, share: float) -> bool:
    """Whether an API is held out: by its id alone, so that it stays so when other APIs come and go."""
    digest = hashlib.blake2b(f"heldout:{api_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64 < share


def split_of(api_ids: Iterable[str], share: float) -> str:
    """Where a row that calls these APIs belongs.

    `heldout` where all are held out, `train` where none is. A row that calls both kinds is `mixed`: in either
    split it would put one API on both sides.
    """
    held = [is_held_out(api_id, share) for api_id in api_ids]
    if not any(held):
        return "train"
    return "heldout" if all(held) else "mixed"
