"""What a parameter's name says of its values: pools of words and ranges of numbers."""

import re

# Name or description -> pool; the first that matches counts. Tested against " name words " and the description.
BY_NAME: tuple[tuple[str, str], ...] = (
    (r"alpha.?3|iso.?3|three.letter country", "country_code3"),
    (r"country.?code|alpha.?2|iso.?2|nation.?code", "country_code"),
    (r"currency|from currency|to currency", "currency"),
    (r"lang(uage)?.?code|locale|\blang\b", "language_code"),
    (r"language", "language"),
    (r"time.?zone|\btz\b", "timezone"),
    (r"iban", "iban"),
    (r"isbn.?10", "isbn10"),
    (r"isbn", "isbn"),
    (r"\bean\b|barcode|gtin", "ean"),
    (r"credit.?card|card.?number|luhn", "card"),
    (r"roman", "roman"),
    (r"morse", "morse"),
    (r"base.?64", "base64"),
    (r"\bdna\b|nucleotide|\brna\b|sequence of bases", "dna"),
    (r"bracket|parenthes", "brackets"),
    (r"arithmetic expression|math(ematical)? expression|\bexpression\b|infix", "expression"),
    (r"hex.?(color|colour|code)|(color|colour).*(#|hex)", "hex_color"),
    (r"colou?r", "color"),
    (r"\bmac\b", "mac"),
    (r"ipv6|ip6", "ipv6"),
    (r"uuid|guid", "uuid"),
    (r"zip|postal|postcode", "zip"),
    (r"phone|mobile number|tel(ephone)?\b", "phone"),
    (r"semver|version", "version"),
    (r"cron", "cron"),
    (r"formula|compound|molecule", "formula"),
    (r"element|atomic symbol|chemical symbol", "element"),
    (r"planet", "planet"),
    (r"airport|iata", "airport"),
    (r"musical note|pitch|\bnote\b", "note"),
    (r"zodiac|star sign|horoscope", "zodiac"),
    (r"weekday|day of (the )?week", "weekday"),
    (r"blood", "blood"),
    (r"ticker|stock|symbol", "ticker"),
    (r"crypto|coin", "crypto"),
    (r"capital", "capital"),
    (r"continent|region", "continent"),
    (r"city|town|location|place|destination|origin", "city"),
    (r"country|nation", "country"),
    (r"state|province", "state"),
    (r"company|organi[sz]ation|employer|brand", "company"),
    (r"last.?name|surname|family name", "last_name"),
    (r"first.?name|given name", "first_name"),
    (r"movie|film", "movie"),
    (r"song|track", "song"),
    (r"artist|band|singer|musician", "artist"),
    (r"genre", "genre"),
    (r"book|isbn title", "book"),
    (r"author|writer", "author"),
    (r"player|athlete", "player"),
    (r"league|competition|tournament", "league"),
    (r"team|club", "team"),
    (r"sport", "sport"),
    (r"animal|breed|species|pet", "animal"),
    (r"fruit", "fruit"),
    (r"food|dish|ingredient|recipe|meal", "food"),
    (r"product|item", "product"),
    (r"domain|host", "domain"),
    (r"file|path", "path"),
    (r"\b(q|query|keywords?|topic|subject|search|term|hashtag|tag)\b", "topic"),
    (r"\bword\b|anagram|palindrome", "word"),
)


POOLS_BY_NAME = tuple((re.compile(pattern), pool) for pattern, pool in BY_NAME)


SMALL = re.compile(
    r"^(n|k|r|count|num|number|limit|size|page|per page|length|width chars|times|rounds?|steps?|degree|order|exponent|"
    r"power|top|copies|decimals?|digits?|places|precision|terms?|index|position|shift|repeat)$"
)


# Name pattern -> plausible (low, high, decimals) for numbers.
RANGES: tuple[tuple[str, float, float, int], ...] = (
    (r"latitude|\blat\d?\b", -60, 65, 4),
    (r"longitude|\blon\d?\b|\blng\b", -120, 140, 4),
    (r"\byears?\b(?=.*\b(calendar|gregorian|leap|birth|date)\b)|^year\d?$|\bbirth year\b", 1950, 2030, 0),
    (r"\bmonth\b", 1, 12, 0),
    (r"\bday\b", 1, 28, 0),
    (r"\bhour\b", 0, 23, 0),
    (r"\bminutes?\b", 1, 59, 0),
    (r"\bseconds?\b", 1, 59, 0),
    (r"\bage\b", 18, 80, 0),
    (r"probability|likelihood|confidence|alpha|fraction|ratio of", 0.05, 0.95, 2),
    (r"(interest|annual|growth|discount|tax|return|inflation|nominal).*percent|percent.*\brate\b", 1, 15, 1),
    (r"percent", 1, 60, 1),
    (
        r"(interest|annual|growth|discount|tax|return|inflation).*rate|rate.*(decimal|fraction)|\brate\b",
        0.01,
        0.15,
        3,
    ),
    (r"years|term|duration|periods?", 2, 30, 0),
    (
        r"principal|price|salary|income|amount|loan|cost|investment|deposit|budget|revenue|balance|payment",
        200,
        20000,
        0,
    ),
    (r"temperature|celsius|fahrenheit", 1, 40, 1),
    (r"kelvin", 250, 400, 0),
    (r"angle|degrees|bearing|heading", 5, 85, 0),
    (r"weight|mass", 2, 95, 1),
    (r"height.*(m\b|met)", 1.5, 1.95, 2),
    (r"speed|velocity", 5, 120, 0),
    (r"distance|length|width|height|radius|side|diameter|depth|area|base", 2, 60, 1),
    (r"wavelength|frequency", 50, 900, 0),
    (r"port", 1024, 9000, 0),
    (r"factorial|fibonacci", 3, 15, 0),
)


RANGES_BY_NAME = tuple((re.compile(pattern), low, high, digits) for pattern, low, high, digits in RANGES)
