"""Dates, times, addresses and other text that has a form."""

import datetime as dt
import random
import re

from resources.local.standin.pattern_text import text_matching
from resources.local.standin.schema_kinds import Schema, spaced
from resources.local.standin.words import POOLS


def value_of_form(rng: random.Random, name: str, schema: Schema, description: str) -> str | None:
    """Dates, addresses and the like, by `format`, `pattern` or a form the description names."""
    form = str(schema.get("format", ""))
    text = f"{spaced(name)} {description.lower()}"
    day = dt.date(2024, 1, 1) + dt.timedelta(days=rng.randint(-1500, 600))
    clock = f"{rng.randint(6, 21):02d}:{rng.choice((0, 5, 10, 15, 20, 30, 40, 45, 50)):02d}"
    if form == "byte" or str(schema.get("contentEncoding", "")).lower().startswith("base64"):
        return rng.choice(POOLS["base64"])
    if "+hh:mm" in text or re.search(r"utc offset", text):
        return rng.choice(("+01:00", "+02:00", "-05:00", "+05:30", "-08:00", "+09:00", "-03:00", "+00:00"))
    if "yyyy-mm-dd hh:mm" in text:
        return f"{day.isoformat()} {clock}" + (":00" if "hh:mm:ss" in text else "")
    if form == "date-time" or re.search(r"yyyy-mm-ddthh|iso.?8601 (date.?time|timestamp)|date.?time", text):
        return f"{day.isoformat()}T{clock}:00" + ("Z" if form == "date-time" else "")
    if form == "date" or re.search(r"yyyy-mm-dd|iso (8601 )?(calendar )?date|iso.?8601|\bdate\b|birthday", text):
        if re.search(r"dd[/.]mm[/.]yyyy", text):
            return day.strftime("%d/%m/%Y")
        if "mm/dd/yyyy" in text:
            return day.strftime("%m/%d/%Y")
        return day.isoformat()
    if "mm:ss" in text and "hh:mm:ss" not in text.replace("h:mm:ss", ""):
        return f"{rng.randint(18, 58)}:{rng.randint(0, 59):02d}"
    if re.search(r"\bh:mm\b", text):
        return f"{rng.randint(1, 11)}:{rng.choice((0, 5, 15, 20, 30, 40, 45)):02d}"
    if form == "time" or re.search(r"hh:mm|\btime of day\b|clock time|24-hour", text):
        return clock + (":00" if "hh:mm:ss" in text else "")
    if form == "email" or re.search(r"e-?mail", text):
        first, last = rng.choice(POOLS["first_name"]).lower(), rng.choice(POOLS["last_name"]).lower()
        return f"{first}.{last}@{rng.choice(('example.com', 'example.org', 'mail.example.net'))}"
    if form in ("uri", "url") or re.search(r"\burl\b|\buri\b|web address|\blink\b", text):
        return f"https://{rng.choice(POOLS['domain'])}/{rng.choice(POOLS['word'])}?id={rng.randint(1, 99)}"
    if re.search(r"cidr|subnet|network address", text):
        return f"192.168.{rng.randint(0, 254)}.0/{rng.choice((24, 25, 26, 28))}"
    if form == "ipv6":
        return rng.choice(POOLS["ipv6"])
    if form == "ipv4" or re.search(r"\bip(v4)?\b(?! ?v?6)", text):
        return f"{rng.choice((10, 172, 192, 8))}.{rng.randint(0, 254)}.{rng.randint(0, 254)}.{rng.randint(1, 254)}"
    if form == "uuid":
        return rng.choice(POOLS["uuid"])
    if form == "hostname":
        return rng.choice(POOLS["domain"])
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        return text_matching(rng, pattern)
    return None
