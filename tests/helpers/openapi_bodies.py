"""Documents of one operation that takes a body, and what its calls send."""

import json
from pathlib import Path
from typing import Any

import yaml

from apigen_assets.catalog.importers.imported import ImportResult
from apigen_assets.catalog.importers.openapi.document import import_openapi
from apigen_assets.domain.api import Api, RestBinding
from resources.rest.policy import RestPolicy
from resources.rest.request import HttpRequest, build

TEXT = {"type": "string"}
JSON = "application/json"
POLICY = RestPolicy(mode="live", allow_unsafe_methods=True)


def thing(required: Any = (), /, **properties: Any) -> dict[str, Any]:
    """The schema of an object."""
    return {"type": "object", "properties": properties, "required": list(required)}


def ref(name: str) -> dict[str, str]:
    """A reference to one of the document's schemas."""
    return {"$ref": f"#/components/schemas/{name}"}


def api_with_body(*body: Any, **document: Any) -> Api:
    """The only API of a document that `import_with_body` makes of the same arguments."""
    return import_with_body(*body, **document).apis[0]


def import_with_body(
    folder: Path,
    schema: Any,
    media: str = JSON,
    path: str = "/jobs",
    schemas: dict[str, Any] | None = None,
    **of_media: Any,
) -> ImportResult:
    """The import of a document with one operation, which takes a body."""
    body = {"required": True, "content": {media: {"schema": schema, **of_media}}}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "T"},
        "servers": [{"url": "https://h.example"}],
        "paths": {path: {"post": {"operationId": "op", "requestBody": body}}},
        "components": {"schemas": schemas or {}},
    }
    (folder / "s.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    result = import_openapi(folder / "s.yaml", "s")
    assert len(result.apis) == 1
    return result


def request_of(api: Api, environment: dict[str, str], **arguments: Any) -> HttpRequest:
    """The request of one call."""
    assert isinstance(api.binding, RestBinding)
    return build(api.binding, arguments, POLICY, environment)


def sent(api: Api, environment: dict[str, str], **arguments: Any) -> Any:
    """The JSON body of one call."""
    body = request_of(api, environment, **arguments).body
    assert body is not None
    return json.loads(body)


def words(api: Api) -> str:
    """Everything that a model is told of the parameters."""
    return json.dumps(api.parameters)
