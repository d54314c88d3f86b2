"""The characters that stand for JSON's own: typographic quotes, full-width marks, breaks of HTML."""

import re

BRACKETS = {"｛": "{", "｝": "}", "［": "[", "］": "]", "（": "(", "）": ")"}
"""Full-width brackets, and those that they stand for."""
COMMAS = ",，、،;；﹐､﹑"
SPACE = re.compile(
    r"[ \t\r\n\f\v\u00a0\u200b\u200c\u200d\u2028\u2029\u3000\ufeff]*"
    r"(?:(?:<br ?/?>|&nbsp;)[ \t\r\n\f\v\u00a0\u200b\u200c\u200d\u2028\u2029\u3000\ufeff]*)*"
)
CLOSERS = {
    '"': '"',
    "'": "'",
    "“": '”"“',
    "”": '”"',
    "„": '“”"',
    "‘": "’'",
    "’": "’'",
    "«": "»",
    "‹": "›",
    "「": "」",
    "『": "』",
    "＂": "＂",
    "`": "`",
}
"""By the quote that opens a text, those that may close it."""
COLON = re.compile(r":|：|=>|=(?!=)")
OPENING = "".join(CLOSERS)
CLOSING = "".join(sorted(set("".join(CLOSERS.values()))))
_WORD = r"[A-Za-z_$][\w$]*"
_QUOTED = f"[{OPENING}][^{OPENING}{CLOSING}\\n]{{0,200}}[{CLOSING}]"
KEY_AHEAD = re.compile(rf"\s*(?:(?:\*\*)?{_QUOTED}(?:\*\*)?\s*(?::|：|=)|{_WORD}\s*[:：])")
KEYWORD_AHEAD = re.compile(rf"\s*(?:{_QUOTED}|{_WORD})\s*(?:[:：]|=(?!=))")
"""As `KEY_AHEAD`, in a constructor's brackets."""
VALUE_AHEAD = re.compile(rf"\s*(?:[{OPENING}\[{{(［｛\d+.-]|true|false|null|True|False|None|[A-Za-z_][\w.]*\()")
PAIR_AHEAD = re.compile(
    rf"\s*[{COMMAS}]?\s*(?:\{{|｛|\w+\()\s*[{OPENING}*]*(?:query|question|answers|thought)\b", re.IGNORECASE
)
JOINED = re.compile(r"""(["'])(?:[ \t]*\\?\r?\n\s*|\s+\+\s+)(?=\1)""")
"""A text that code continues: `"one "` and `"two"` on lines of their own, or with a plus sign."""
