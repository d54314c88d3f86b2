"""The documentation filter: what cannot be offered to a model because it says too little (paper, section 3.2).

Length alone rejects nothing: the paper kept many terse APIs and rewrote their descriptions.
"""

import re

import polars as pl

from apigen_assets.catalog.descriptions import says_nothing_beyond, words
from apigen_assets.catalog.tables import catalog_apis, reject
from apigen_assets.domain.api import Api, RejectedApi
from apigen_assets.files.json_types import JsonObject

DOCUMENTATION_VERSION = "1"

_TEST_TOOL = re.compile(
    r"\b(test(ing|s)?|demo|petstore|hello ?world|foo ?bar|lorem|dummy|playground|my ?first|onboarding|untitled|"
    r"asdf\w*|qwerty|example ?api|sample ?api)\b|\btest[ _-]?(api|v?\d+)|^(test|demo)$",
    re.IGNORECASE,
)
_TEST_API = re.compile(
    r"(my |the )?(test|testing|demo|hello world|example|sample|asd\w*|foo|bar|untitled)"
    r"( ?(api|app|endpoint|get|v?\d+))*",
    re.IGNORECASE,
)
_GENUINE = re.compile(
    r"\b(speed ?test|(covid|pcr|blood|personality|unit|load|stress|a/?b|iq|dna|pregnancy|hypothesis|t-?|chi|drug|"
    r"crash|penetration|smoke|statistical|rapid|antigen|primality|normality)[ _-]*tests?|test(ing)? (cricket|match|"
    r"centers?|results?|whether|if|cases?)|demographics?|demolition)\b",
    re.IGNORECASE,
)


def check_documentation(apis: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split a catalog by its documentation.

    Returns:
        The APIs kept (`Api.SCHEMA`) and those rejected (`RejectedApi.SCHEMA`): every row is in one of the two.
    """
    kept: list[Api] = []
    rejected: list[RejectedApi] = []
    for api in catalog_apis(apis):
        verdict = fault(api)
        if verdict is None:
            kept.append(api)
        else:
            rejected.append(reject(api, "documentation", *verdict))
    return Api.frame(kept), RejectedApi.frame(rejected)


def fault(api: Api) -> tuple[str, str] | None:
    """Why an API's documentation is not usable, as reason and detail; null where it is."""
    if not api.parameters.get("properties"):
        return "no_parameters", "the paper keeps only APIs with parameters, since the others ask nothing of a model"
    if api.source.format == "toolbench" and is_test_tool(api.source.original_name):
        return "test_tool", f"the name {api.source.original_name!r} is one of a test or demonstration"
    own = api.source.original_name.rpartition("/")[2] or api.name
    if undescribed(own, api.description, api.parameters):
        return "undocumented", "no description beyond the name, and not one parameter described"
    return None


def is_test_tool(name: str) -> bool:
    """Whether a ToolBench API (`<Category>/<tool>/<API>`) is a test, a demonstration or a first attempt.

    The tool's name says it with any of its words ("onboarding project", "petstore"), the API's only as a whole:
    "Chinese Firewall Test" is a real one.
    """
    category, _, rest = name.partition("/")
    tool, _, own = rest.partition("/") if rest else (category, "", "")
    return bool(_TEST_TOOL.search(_GENUINE.sub(" ", _spaced(tool))) or _TEST_API.fullmatch(_spaced(own)))


def undescribed(own_name: str, description: str, parameters: JsonObject) -> bool:
    """Whether nothing tells what an API does: not its description, not its name, not one parameter.

    A name of three words or more ("get anime by id") is a description of its own.
    """
    described = any(str(part.get("description") or "").strip() for part in parameters["properties"].values())
    return not described and len(set(words(own_name))) < 3 and says_nothing_beyond(description, own_name)


def _spaced(name: str) -> str:
    return " ".join(words(name))
