"""Parameters that serve the transport and nobody asks for: JSONP, pretty printing, credentials, caches, traces."""

import re

from apigen_assets.files.json_types import JsonMapping

_ALWAYS = frozenset(
    re.findall(
        r"\w+",
        "jsonp jsoncallback jsonpcallback callbackname prettyprint quotauser userip uploadprotocol uploadtype "
        "xgafv accesstoken oauthtoken bearertoken authtoken apikey apikeyid apisecret clientsecret appkey appid "
        "authorization nocache cachebuster cachebust requestid xrequestid correlationid xcorrelationid traceid "
        "traceparent idempotencykey xidempotencykey useragent contenttype acceptencoding xapikey "
        "xrapidapikey xrapidapihost csrftoken xcsrftoken",
    )
)
"""Names without signs and in lower case, whatever is said of them."""
_WHERE_SAID = {
    "callback": r"jsonp|javascript|function|script|wrap|padding",
    "cb": r"jsonp|javascript|script|cache",
    "pretty": r"print|indent|format|readab",
    "alt": r"data format|response format|representation|alternate",
    "fields": r"selector|partial response|field mask",
    "key": r"\bapi.?key\b|developer|authenticat|credential",
    "token": r"authenticat|authoriz|access|credential|\bapi\b",
    "format": r"\b(?:response|output|return(?:ed)?)\b.*\b(?:json|xml)\b|\bjson\b.*\bxml\b|\bxml\b.*\bjson\b|jsonp",
    "accept": r"header|media type|mime|content type",
    "v": r"\bapi\b.*version",
    "version": r"\bapi\b.*version|version of (?:the|this) api",
}
"""Names that mean something else in other APIs, with what must be said of them."""
_JSONP = re.compile(r"\bjsonp\b", re.IGNORECASE)


def is_plumbing(name: str, schema: JsonMapping) -> bool:
    """Whether a parameter is the program's business and not its user's.

    Args:
        name: the parameter's name.
        schema: its schema, of which the description counts.
    """
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    description = str(schema.get("description") or "")
    if plain in _ALWAYS or _JSONP.search(description):
        return True
    said = _WHERE_SAID.get(plain)
    if said is None:
        return False
    # A callback of which nothing is said, and that is no address to be called, can only be JSONP's.
    unsaid = plain == "callback" and not description.strip() and schema.get("format") not in ("uri", "url")
    return unsaid or re.search(said, description, re.IGNORECASE) is not None
