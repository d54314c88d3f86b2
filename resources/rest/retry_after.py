"""How long a server asks to be left alone (RFC 9110, section 10.2.3)."""

import contextlib
import email.utils
import math
from collections.abc import Mapping


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds a server asks to wait (`retry-after-ms`, `Retry-After` as seconds or date), or null.

    Args:
        headers: the answer's headers, names in any case.
        now: the present time in seconds since the epoch.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    with contextlib.suppress(ValueError, KeyError):
        milliseconds = float(lower["retry-after-ms"])
        if math.isfinite(milliseconds) and milliseconds >= 0:
            return milliseconds / 1000
    header = lower.get("retry-after", "").strip()
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(header).timestamp() - now
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
