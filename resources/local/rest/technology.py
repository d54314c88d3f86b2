"""The net's own tables: HTTP, media types, addresses, Unicode (Python's standard library)."""

import base64
import hashlib
import http
import ipaddress
import mimetypes
import unicodedata
import uuid

from apigen_assets.files.json_types import JsonValue
from resources.local.rest.endpoint import BadArgumentError, Endpoints, NotFoundError, choice, text, whole

endpoints = Endpoints("Technology")

_TYPES = mimetypes.MimeTypes()
"""Without the system's files, so that every machine gives the same answer."""


@endpoints.get(
    "/http/status/{code}",
    "Explain an HTTP status code: its name, meaning and class.",
    whole("code", "Status code.", 404, 503, 301, 418, minimum=100, maximum=599),
)
def explain_http_status(code: int) -> JsonValue:
    """One status."""
    try:
        status = http.HTTPStatus(code)
    except ValueError:
        raise NotFoundError(f"HTTP defines no status {code}") from None
    kinds = ("informational", "success", "redirection", "client fault", "server fault")
    return {"code": code, "phrase": status.phrase, "meaning": status.description, "class": kinds[code // 100 - 1]}


@endpoints.get(
    "/http/media-type",
    "Get the media type (MIME type) of a file name.",
    text("filename", "File name with its ending.", "report.pdf", "photo.jpeg", "archive.tar.gz", "index.html"),
)
def get_media_type(filename: str) -> JsonValue:
    """Media type and encoding by ending."""
    kind, encoding = _TYPES.guess_type(filename)
    if kind is None:
        raise NotFoundError(f"no media type is known for {filename!r}")
    return {"filename": filename, "media_type": kind, "encoding": encoding}


@endpoints.get(
    "/net/address",
    "Classify an IP address: version, whether it is private, loopback or multicast, and its reverse DNS name.",
    text("address", "IPv4 or IPv6 address.", "8.8.8.8", "192.168.1.10", "2001:db8::1"),
)
def classify_ip_address(address: str) -> JsonValue:
    """What kind of address it is."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError as error:
        raise BadArgumentError(str(error)) from None
    return {
        "address": str(parsed),
        "version": parsed.version,
        "private": parsed.is_private,
        "loopback": parsed.is_loopback,
        "multicast": parsed.is_multicast,
        "reverse_name": parsed.reverse_pointer,
    }


@endpoints.get(
    "/net/subnet",
    "Compute the network address, broadcast address, mask and number of hosts of a subnet.",
    text("cidr", "Network in CIDR notation.", "192.168.1.0/24", "10.20.0.0/16", "172.16.5.64/26"),
)
def describe_subnet(cidr: str) -> JsonValue:
    """A subnet's figures."""
    try:
        network = ipaddress.ip_network(cidr, strict=False)
    except ValueError as error:
        raise BadArgumentError(str(error)) from None
    usable = network.num_addresses - 2 if network.version == 4 and network.prefixlen < 31 else network.num_addresses
    return {
        "network": str(network.network_address),
        "broadcast": str(network.broadcast_address),
        "netmask": str(network.netmask),
        "addresses": network.num_addresses,
        "usable_hosts": usable,
    }


@endpoints.get(
    "/text/hash",
    "Compute the cryptographic hash of a text.",
    text("text", "Text to hash, as UTF-8.", "hello world", "The quick brown fox", "APIGen"),
    choice("algorithm", "Hash function.", "sha256", "sha1", "md5", "sha512", "blake2b"),
)
def hash_text(text: str, algorithm: str) -> JsonValue:
    """A digest."""
    return {"algorithm": algorithm, "hex": hashlib.new(algorithm, text.encode()).hexdigest()}


@endpoints.get(
    "/text/base64",
    "Encode a text in Base64, or decode it.",
    text("text", "Text to work on.", "aGVsbG8=", "U2VjcmV0", "d29ybGQ="),
    choice("direction", "What to do.", "decode", "encode"),
    tag="Tools",
)
def convert_base64(text: str, direction: str) -> JsonValue:
    """Base64 both ways."""
    if direction == "encode":
        return {"result": base64.b64encode(text.encode()).decode()}
    try:
        return {"result": base64.b64decode(text, validate=True).decode()}
    except ValueError:
        raise BadArgumentError("not valid Base64 of UTF-8 text") from None


@endpoints.get(
    "/text/uuid",
    "Make the name-based UUID (version 5) of a name in a namespace.",
    text("name", "Name to identify.", "example.com", "docs.example.org", "alice"),
    choice("namespace", "Kind of name.", "dns", "url", "oid"),
)
def make_uuid(name: str, namespace: str) -> JsonValue:
    """A UUID that is always the same."""
    return {"uuid": str(uuid.uuid5(getattr(uuid, f"NAMESPACE_{namespace.upper()}"), name))}


@endpoints.get(
    "/unicode/character",
    "Describe a character: its Unicode name, code point, category and numeric value.",
    text("character", "One character.", "é", "Ω", "½", "€"),
    tag="Education",
)
def describe_character(character: str) -> JsonValue:
    """One character."""
    if len(character) != 1:
        raise BadArgumentError("exactly one character is needed")
    return {
        "character": character,
        "name": unicodedata.name(character, "unnamed"),
        "code_point": f"U+{ord(character):04X}",
        "category": unicodedata.category(character),
        "numeric_value": unicodedata.numeric(character, None),
    }
