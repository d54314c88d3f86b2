"""ToolBench tools: `tools/<Category>/<tool>.json`, each with a list of REST endpoints (paper, section 3.2)."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from apigen_assets.catalog.descriptions import clean_description, says_nothing_beyond, words
from apigen_assets.catalog.importers.documents import Document, documents
from apigen_assets.catalog.importers.imported import Collector, Draft, ImportResult, SourceError
from apigen_assets.catalog.importers.json_text import parse_json
from apigen_assets.catalog.importers.toolbench.types import parameter_schema
from apigen_assets.catalog.names import distinct, identifier
from apigen_assets.domain.api import Credential, Place, RestBinding, RestParameter
from apigen_assets.files.canonical import content_hash
from apigen_assets.files.json_types import JsonObject
from apigen_assets.tool_formats.json_schema import object_schema

KEY_VARIABLE = "RAPIDAPI_KEY"
"""Environment variable with the broker's key."""

_METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}
_WITH_BODY = {"POST", "PUT", "PATCH"}
_RESERVED = {"from", "class", "return", "false", "true", "id", "and"}
_BROKER = re.compile(r"(x[-_ ]?)?rapid[-_ ]?api[-_ ]?(key|host)?|toolbench[-_ ]?rapidapi[-_ ]?key", re.IGNORECASE)
_SECRET = re.compile(
    r"(x[-_]?)?(api[-_ ]?key|app[-_ ]?(key|token)|access[-_ ]?(key|token)|auth[-_ ]?(key|token)|client[-_ ]?secret|"
    r"secret[-_ ]?key|authorization|bearer[-_ ]?token)",
    re.IGNORECASE,
)
_LEAK = re.compile(r"(secret|key|token)[\W_]{1,3}[0-9a-f]{8}[-_]?[0-9a-f]{4}", re.IGNORECASE)
_TORN = re.compile(r'(?P<text>.*?)"\s+(?P<name>\w+): (?P<rest>.*)', re.DOTALL)
_HOLE = re.compile(r"\{([^{}/]+)\}|(?<=/):([A-Za-z_]\w*)")


def import_toolbench(path: Path, name: str) -> ImportResult:
    """Every endpoint of a tool file, a folder, a zip or a tar, as a record or a reject.

    Args:
        path: one tool's JSON, or a folder or archive that holds `<Category>/<tool>.json`; where there is a folder
            `tools`, only what lies in it counts (ToolBench keeps queries and recorded responses beside it).
        name: slug of the source, the first part of every name.
    """
    collector = Collector(name, "toolbench")
    tools: Counter[str] = Counter()
    homes: list[tuple[str, str]] = []
    for document in _tool_files(path):
        if document.reason is not None:
            collector.fail("", document.name, document.reason, document.detail)
            continue
        try:
            tool = parse_json(document)
        except SourceError as error:
            collector.fail("", document.name, error.reason, str(error))
            continue
        before = len(collector)
        category, stem = _place(document.name)
        key = standardize(stem) or standardize(_text(tool, "tool_name")) or "tool"
        _import_tool(collector, document, tool, category, key)
        tools[key] += 1
        homes += [(key, category or "")] * (len(collector) - before)
    # one tool name in two categories: the category tells them apart
    for at, (key, category) in enumerate(homes):
        if tools[key] > 1 and category:
            collector.put_under(at, identifier(category).lower())
    return collector.result()


def is_tool(value: object) -> bool:
    """Whether a JSON value is a ToolBench tool."""
    return isinstance(value, dict) and isinstance(value.get("api_list"), list)


def standardize(text: str) -> str:
    """ToolBench's normalisation of names: lower case, one underscore for anything else, no digit in front."""
    text = re.sub(r"_+", "_", re.sub(r"[^\u4e00-\u9fa5a-zA-Z0-9_]", "_", text)).strip("_").lower()
    return f"get_{text}" if text[:1].isdigit() else text


def change_name(text: str) -> str:
    """ToolBench's way around reserved words: `id` is `is_id`, `from` is `is_from`."""
    return f"is_{text}" if text in _RESERVED else text


def _tool_files(path: Path) -> Iterator[Document]:
    """The files under a folder `tools`; where there is none, a second reading gives every file."""
    found = False
    problems: list[Document] = []
    for document in documents(path, (".json",)):
        if "tools" in PurePosixPath(document.name).parts[:-1]:
            found = True
            yield document
        elif document.reason is not None:
            problems.append(document)
    yield from problems if found else documents(path, (".json",))


def _place(name: str) -> tuple[str | None, str]:
    """Category folder and stem of a tool's file."""
    parts = PurePosixPath(name).parts
    stem = PurePosixPath(name).stem
    return (parts[-2] if len(parts) > 1 and parts[-2] != "tools" else None), stem


def _import_tool(collector: Collector, document: Document, tool: object, category: str | None, key: str) -> None:
    file = document.name
    if not isinstance(tool, dict):
        collector.fail("", file, "not_a_tool", f"a JSON {type(tool).__name__} where a tool's object belongs")
        return
    apis = tool.get("api_list")
    title = _text(tool, "title") or _text(tool, "tool_name") or key
    if not isinstance(apis, list):
        collector.fail(title, file, "not_a_tool", "no api_list: this is not a ToolBench tool")
        return
    if not apis:
        collector.fail(title, file, "no_apis", "api_list is empty")
        return
    digest = hashlib.sha256(document.data).hexdigest()[:16]
    about = clean_description(_text(tool, "tool_description"))
    for index, api in enumerate(apis):
        own = (_text(api, "name") if isinstance(api, dict) else "") or f"api {index + 1}"
        if _LEAK.search(own):
            collector.fail(f"{key} api {index + 1}", file, "secret_in_name", "the name holds a key; it is not repeated")
            continue
        original = "/".join(part for part in (category, key, own) if part)
        try:
            draft = _draft(api, tool, title, about)
        except SourceError as error:
            collector.fail(original, file, error.reason, str(error))
            continue
        except (RecursionError, ValueError, TypeError, AttributeError) as error:
            collector.fail(original, file, "malformed_api", f"{type(error).__name__}: {error}")
            continue
        collector.add(
            replace(
                draft,
                namespace=(collector.name, identifier(key) or f"tool-{content_hash(key, 6)}"),
                own_name=identifier(change_name(standardize(own))) or f"api-{content_hash(own, 6)}",
                original_name=original,
                file=file,
                content_hash=digest,
                original_category=category,
            )
        )


def _draft(api: object, tool: JsonObject, title: str, about: str) -> Draft:
    if not isinstance(api, dict):
        raise SourceError("malformed_api", f"a JSON {type(api).__name__} where an API's object belongs")
    method = (_text(api, "method") or "GET").upper()
    if method not in _METHODS:
        raise SourceError("unknown_method", f"the method {method[:40]!r} is not one of HTTP's")
    url = _text(api, "url").strip()
    host = _text(tool, "host").strip()
    if url.startswith("/") and host:
        url = f"https://{host}{url}"
    if not re.match(r"https?://[^\s/?#]+", url):
        raise SourceError("no_url", f"the URL {url[:80]!r} is not an http(s) address")
    url = _HOLE.sub(lambda match: "{" + (match[1] or match[2]) + "}", url)
    listed = _parameters(api)
    text, listed = untorn(_text(api, "description"), listed)
    properties, required, places, credentials = _arguments(listed, url, method, title)
    name = _text(api, "name")
    headers = {"X-RapidAPI-Host": host} if "rapidapi.com" in host else {}
    if headers:
        credentials.insert(0, Credential(place=Place.HEADER, wire_name="X-RapidAPI-Key", variable=KEY_VARIABLE))
    return Draft(
        namespace=(),
        own_name="",
        original_name="",
        description=describe(clean_description(text), name, title, about),
        parameters=object_schema(properties, required),
        binding=RestBinding(
            method=method,
            url=url,
            parameters=places,
            constants={"header": headers} if headers else {},
            body_type="application/json" if any(p.place is Place.BODY for p in places.values()) else None,
            credentials=tuple(credentials),
        ),
        file="",
        content_hash="",
    )


def describe(own: str, name: str, title: str, about: str) -> str:
    """The endpoint's own description; where that says nothing beyond its name, with what the tool says of itself."""
    if not words(own):
        own = ""
    if not says_nothing_beyond(own, f"{name} {title}"):
        return own
    first = own or " ".join(name.replace("_", " ").split())
    context = about if about and not says_nothing_beyond(about, f"{name} {title}") else ""
    head = first if first.lower() == title.lower() else f"{first} ({title})"
    return f"{head}: {context}" if context else own


def untorn(text: str, listed: list[tuple[JsonObject, bool]]) -> tuple[str, list[tuple[JsonObject, bool]]]:
    """Undo a join in data rebuilt from wrappers, where `" id: ...` at the end of a description is the parameter's."""
    match = _TORN.fullmatch(text)
    if match is None:
        return text, listed
    names = {match["name"], change_name(match["name"])}
    if not names & {_text(part, "name") for part, _ in listed}:
        return text, listed
    rest = match["rest"].strip()
    repaired = [
        (
            {**part, "description": rest} if _text(part, "name") in names and not _text(part, "description") else part,
            one,
        )
        for part, one in listed
    ]
    return match["text"].strip(), repaired


def _parameters(api: JsonObject) -> list[tuple[JsonObject, bool]]:
    """The API's parameters, each with whether it is required; one listed in both is required."""
    out: list[tuple[JsonObject, bool]] = []
    seen: set[str] = set()
    for key, needed in (("required_parameters", True), ("optional_parameters", False)):
        parts = api.get(key)
        if parts is None:
            continue
        if not isinstance(parts, list):
            raise SourceError("malformed_api", f"{key} is a JSON {type(parts).__name__}, not a list")
        for part in parts:
            if not isinstance(part, dict) or not _text(part, "name").strip():
                raise SourceError("malformed_parameter", f"a parameter without a name in {key}")
            name = _text(part, "name").strip()
            if name not in seen:
                seen.add(name)
                out.append((part, needed))
    return out


def _arguments(
    listed: list[tuple[JsonObject, bool]], url: str, method: str, title: str
) -> tuple[JsonObject, list[str], dict[str, RestParameter], list[Credential]]:
    holes = [match[1] for match in _HOLE.finditer(url) if match[1]]
    listed = _filling(holes, listed)
    shown: list[tuple[str, JsonObject, bool, Place]] = []
    credentials: list[Credential] = []
    for part, needed in listed:
        wire = _text(part, "name").strip()
        place = Place.PATH if wire in holes else Place.BODY if method in _WITH_BODY else Place.QUERY
        if _BROKER.fullmatch(wire):
            continue
        if _SECRET.fullmatch(wire) and place is not Place.PATH:
            variable = re.sub(r"[^A-Z0-9]+", "_", f"{standardize(title)}_{wire}".upper()).strip("_")
            credentials.append(Credential(place=place, wire_name=wire, variable=variable, optional=not needed))
            continue
        schema = parameter_schema(wire, _text(part, "type"), _text(part, "description"), part.get("default"))
        if schema is None:
            if needed:
                raise SourceError("binary_parameter", f"{wire} is a file, which no JSON argument can be")
            continue
        shown.append((wire, schema, needed or place is Place.PATH, place))
    names = distinct([change_name(standardize(wire)) or f"parameter_{i + 1}" for i, (wire, *_) in enumerate(shown)])
    properties = {name: schema for name, (_, schema, _, _) in zip(names, shown, strict=True)}
    required = [name for name, (_, _, needed, _) in zip(names, shown, strict=True) if needed]
    places = {
        name: RestParameter(place=place, wire_name=wire) for name, (wire, _, _, place) in zip(names, shown, strict=True)
    }
    return properties, required, places, credentials


def _filling(holes: list[str], listed: list[tuple[JsonObject, bool]]) -> list[tuple[JsonObject, bool]]:
    """The parameters, each hole of the URL among them.

    A hole is filled by the parameter of its name, or of the name in another spelling (`{is_id}` by `id`, `{userId}`
    by `user_id`). One that nothing fills would be sent as braces: it is a parameter that nobody listed.
    """

    def key(name: str) -> str:
        return standardize(name).replace("_", "").removeprefix("is")

    out = list(listed)
    for hole in dict.fromkeys(holes):
        names = [_text(part, "name").strip() for part, _ in out]
        if hole in names:
            continue
        spelt = [i for i, name in enumerate(names) if name not in holes and key(name) == key(hole)]
        if spelt:
            out[spelt[0]] = ({**out[spelt[0]][0], "name": hole}, True)
        else:
            out.append(({"name": hole, "type": "STRING"}, True))
    return out


def _text(value: object, key: str) -> str:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else "" if found is None else str(found)[:1000]
