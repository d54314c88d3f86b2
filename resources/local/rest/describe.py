"""The OpenAPI description of the embedded server, made from the endpoints' own definitions.

`python -m resources.local.rest.describe` writes it to `openapi.yaml`; a test keeps the two equal.
"""

import yaml

from apigen_assets.files.json_types import JsonObject
from resources.local.rest.endpoint import Endpoint, Parameter
from resources.local.rest.misbehaving import MISBEHAVIOURS
from resources.local.rest.process import demo_source
from resources.local.rest.server import ENDPOINTS
from resources.rest.policy import EMBEDDED_HOST

_TITLE = "Everyday facts"
_DESCRIPTION = (
    "Facts and computations from packaged public data: calendars, countries, currencies, airports, time zones, "
    "sun and moon, elements, units, telephone numbers, colours and more. Some operations fail on purpose."
)


def document() -> JsonObject:
    """The OpenAPI 3.1 document."""
    paths: dict[str, JsonObject] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})["get"] = _operation(endpoint)
    for misbehaviour in MISBEHAVIOURS:
        operation: JsonObject = {
            "operationId": misbehaviour.name,
            "tags": [misbehaviour.tag],
            "description": misbehaviour.description,
        }
        if misbehaviour.method == "post":
            fields = {parameter.name: _field(parameter) for parameter in misbehaviour.parameters}
            schema = {"type": "object", "required": list(fields), "properties": fields}
            operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
        else:
            operation["parameters"] = [
                _parameter(misbehaviour.path, parameter) for parameter in misbehaviour.parameters
            ]
        operation["responses"] = _responses()
        item: JsonObject = {misbehaviour.method: operation}
        if misbehaviour.server is not None:
            item["servers"] = [{"url": misbehaviour.server}]
        paths[misbehaviour.path] = item
    paths["/ping"] = {
        "get": {
            "operationId": "ping",
            "tags": ["Technology"],
            "description": "Tell whether the service is up.",
            "responses": _responses(),
        }
    }
    paths["/internal/x1"] = {
        "get": {"parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}], "responses": _responses()}
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": _TITLE, "version": "1.0.0", "description": _DESCRIPTION},
        "servers": [{"url": f"http://{EMBEDDED_HOST}"}],
        "paths": paths,
    }


def _operation(endpoint: Endpoint) -> JsonObject:
    return {
        "operationId": endpoint.name,
        "tags": [endpoint.tag],
        "description": endpoint.description,
        "parameters": [_parameter(endpoint.path, parameter) for parameter in endpoint.parameters],
        "responses": _responses(),
    }


def _parameter(path: str, parameter: Parameter) -> JsonObject:
    place = "path" if f"{{{parameter.name}}}" in path else "query"
    out: JsonObject = {"name": parameter.name, "in": place, "description": parameter.description}
    if parameter.required:
        out["required"] = True
    out["schema"] = parameter.schema()
    return out


def _field(parameter: Parameter) -> JsonObject:
    return {**parameter.schema(), "description": parameter.description}


def _responses() -> JsonObject:
    return {"200": {"description": "The answer", "content": {"application/json": {"schema": {"type": "object"}}}}}


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        """Write every schema out: people read this file."""
        return True


def text() -> str:
    """The document as YAML."""
    return yaml.dump(document(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


if __name__ == "__main__":
    demo_source().write_text(text(), encoding="utf-8")
