"""What a tool takes against the schema as it is written, by a validator that knows nothing of importing."""

import json
from random import Random

import pytest
from jsonschema import Draft202012Validator

from apigen_assets.catalog.importers.mcp_schemas import read_arguments
from apigen_assets.catalog.importers.openapi.document import import_openapi
from tests.helpers.random_schemas import RandomSchemas

SCHEMAS, VALUES = 80, 30


@pytest.mark.parametrize("seed", range(3))
def test_an_argument_of_a_rest_api_takes_what_its_schema_takes(tmp_path, seed):
    made = RandomSchemas(Random(seed), "#/components/schemas/")
    schemas = [made.object(3) for _ in range(SCHEMAS)]
    components = {"schemas": made.definitions}
    paths = {
        f"/o{at}": {
            "post": {
                "operationId": f"o{at}",
                "requestBody": {
                    "content": {"application/json": {"schema": {"type": "object", "properties": {"v": schema}}}}
                },
            }
        }
        for at, schema in enumerate(schemas)
    }
    document = {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "servers": [{"url": "https://h.example"}]}
    path = tmp_path / "s.json"
    path.write_text(json.dumps({**document, "components": components, "paths": paths}))

    result = import_openapi(path, "s")

    assert not result.rejects
    tools = {api.name.removeprefix("s_"): Draft202012Validator(api.parameters) for api in result.apis}
    for at, schema in enumerate(schemas):
        written = Draft202012Validator({"properties": {"v": schema}, "components": components})
        for _ in range(VALUES):
            arguments = {"v": made.value(schema)}
            assert tools[f"o{at}"].is_valid(arguments) == written.is_valid(arguments), (schema, arguments)


@pytest.mark.parametrize("seed", range(3))
def test_a_tool_of_an_mcp_server_takes_nothing_that_its_schema_does_not(seed):
    made = RandomSchemas(Random(seed), "#/$defs/")
    for _ in range(SCHEMAS):
        schema = {**made.object(3), "type": "object", "$defs": made.definitions}
        parameters = read_arguments(schema, print).parameters
        offered, written = Draft202012Validator(parameters), Draft202012Validator(schema)
        for _ in range(VALUES):
            arguments = made.value(schema)
            fits = written.is_valid(arguments)
            assert fits or not offered.is_valid(arguments), (schema, arguments)
