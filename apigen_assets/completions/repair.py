"""The repairs by name: what had to be forgiven so that a model's JSON could be read."""

from enum import StrEnum


class Repair(StrEnum):
    """What had to be forgiven so that a text could be read."""

    TRAILING_COMMA = "trailing_comma"
    MISSING_COMMA = "missing_comma"
    PYTHON_LITERAL = "python_literal"
    QUOTES = "quotes"
    UNQUOTED_KEY = "unquoted_key"
    UNESCAPED_QUOTE = "unescaped_quote"
    CONTROL_CHARACTER = "control_character"
    MARKDOWN_ESCAPE = "markdown_escape"
    INVALID_ESCAPE = "invalid_escape"
    NUMBER = "number"
    COMMENT = "comment"
    REPEATED_KEY = "repeated_key"
    EXTRA_BRACKET = "extra_bracket"
    MISSING_BRACKET = "missing_bracket"
    ELLIPSIS = "ellipsis"
    ESCAPED_JSON = "escaped_json"
    HTML_ENTITIES = "html_entities"
    JSON_TEXT = "json_text"
    LIBRARY = "json_repair"
    PUNCTUATION = "punctuation"
    CODE = "code"
    CONCATENATED = "concatenated"
    LINE_PREFIX = "line_prefix"
