"""The documentation filter: what cannot be offered to a model because it says too little (paper, section 3.2).

Length alone rejects nothing: the paper kept many terse APIs and rewrote their descriptions.
"""

import re

import polars as pl

from apigen_assets.catalog.api import Api, RejectedApi
from apigen_assets.catalog.tables import catalog_apis, reject

DOCUMENTATION_VERSION = "1"

_TEST_TOOL = re.compile(
    r"\b(test(ing|s)?|demo|petstore|hello ?world|foo ?bar|lorem|dummy|playground|my ?first|onboarding|untitled|"
    r"asdf\w*|qwerty|example ?api|sample ?api)\b|\btest[ _-]?(api|v?\d+)|^(test|demo)$",
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
    if undescribed(api.name, api.description, api.parameters):
        return "undocumented", "no description beyond the name, and not one parameter described"
    return None


def is_test_tool(name: str) -> bool:
    """Whether a name is one of a test, demonstration or first attempt ("petstore", "test_v3")."""
    words = re.sub(r"[_/.-]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name))
    return bool(_TEST_TOOL.search(_GENUINE.sub(" ", words)))


def undescribed(name: str, description: str, parameters: dict[str, object]) -> bool:
    """Whether neither the description nor any parameter says more than the name does."""
    properties = parameters.get("properties")
    described = isinstance(properties, dict) and any(
        isinstance(part, dict) and str(part.get("description") or "").strip() for part in properties.values()
    )
    own = _plain(name.rpartition(".")[2])
    text = _plain(description)
    return not described and (not text or text == own or text in _plain(name))


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", text.lower())
