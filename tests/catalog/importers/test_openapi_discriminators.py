"""Discriminators over several levels: each kind with its own values, and no kind with those of its base."""

import json

import pytest

from apigen_assets.catalog.importers.openapi.document import import_openapi

TEXT = {"type": "string"}


def ref(name):
    return {"$ref": f"#/components/schemas/{name}"}


def thing(*required, **properties):
    return {
        "type": "object",
        "properties": dict.fromkeys(required, TEXT) | properties,
        "required": [*required],
    }


def told_by(name, **mapping):
    described = {"propertyName": name}
    return described | ({"mapping": {value: ref(kind)["$ref"] for value, kind in mapping.items()}} if mapping else {})


def inherits(base, *own, **more):
    return {"allOf": [ref(base), thing(**dict.fromkeys(own, TEXT))], **more}


@pytest.fixture
def parameters(tmp_path):
    """The parameters of the only operation, whose body is the schema; by `2.0` in Swagger's words."""

    def read(schema, version="3.0.3", **schemas):
        taken: dict[str, object]
        body = {"content": {"application/json": {"schema": schema}}}
        taken = {"requestBody": body}
        document = {"openapi": version, "servers": [{"url": "https://h.example"}], "components": {"schemas": schemas}}
        if version == "2.0":
            taken = {"parameters": [{"in": "body", "name": "b", "schema": schema}]}
            document = {"swagger": "2.0", "host": "h.example", "definitions": schemas}
        paths = {"/x": {"post": {"operationId": "op", **taken}}}
        text = json.dumps({"info": {"title": "T"}, **document, "paths": paths})
        text = text.replace("#/components/schemas", "#/definitions") if version == "2.0" else text
        (tmp_path / "s.json").write_text(text)
        (api,) = import_openapi(tmp_path / "s.json", "s").apis
        return api.parameters["properties"]

    return read


def kinds(schema):
    """Of each branch the values of its properties that have few, and the names of the others."""
    if "anyOf" in schema:
        return [kind for branch in schema["anyOf"] for kind in kinds(branch)]
    fields = schema["properties"]
    values = {name: part.get("enum", [part.get("const")])[0] for name, part in fields.items() if part != TEXT}
    return [(values, {name for name, part in fields.items() if part == TEXT})]


PET = {**thing("kind"), "discriminator": told_by("kind", cat="Cat", dog="Dog")}
BREEDS = told_by("breed", si="Siamese", pe="Persian")


def test_a_subtype_that_is_a_base_itself_is_replaced_by_its_subtypes(parameters):
    parts = [ref("Pet"), thing("breed")]
    cat = {"allOf": parts, "discriminator": BREEDS}
    schemas = {"Cat": cat, "Dog": inherits("Pet", "bark"), "Siamese": inherits("Cat", "blue")}
    offered = parameters(thing(pet=ref("Pet")), Pet=PET, Persian=inherits("Cat", "fur"), **schemas)
    assert kinds(offered["pet"]) == [
        ({"kind": "cat", "breed": "si"}, {"blue"}),
        ({"kind": "cat", "breed": "pe"}, {"fur"}),
        ({"kind": "dog"}, {"bark"}),
    ]


def test_a_choice_inside_a_choice_has_the_values_of_both(parameters):
    cat = {"oneOf": [ref("Siamese"), ref("Persian")], "discriminator": BREEDS}
    pet = {"oneOf": [ref("Cat"), ref("Dog")], "discriminator": told_by("kind", cat="Cat", dog="Dog")}
    siamese, persian = (thing("kind", "breed", **{name: TEXT}) for name in ("blue", "fur"))
    offered = parameters(thing(pet=pet), Cat=cat, Dog=thing("kind"), Siamese=siamese, Persian=persian)
    assert kinds(offered["pet"]) == [
        ({"kind": "cat", "breed": "si"}, {"blue"}),
        ({"kind": "cat", "breed": "pe"}, {"fur"}),
        ({"kind": "dog"}, set()),
    ]


LEVELS = {"Cat": inherits("Pet", "claws"), "Siamese": inherits("Cat", "blue")}


@pytest.mark.parametrize("again", [{}, {"discriminator": told_by("kind", si="Siamese")}])
def test_a_mapping_that_names_subtypes_of_subtypes_gives_each_its_own_value(parameters, again):
    pet = {**thing("kind"), "discriminator": told_by("kind", cat="Cat", si="Siamese")}
    schemas = {**LEVELS, "Cat": {**LEVELS["Cat"], **again}, "Pet": pet}
    assert kinds(parameters(thing(pet=ref("Pet")), **schemas)["pet"]) == [
        ({"kind": "cat"}, {"claws"}),
        ({"kind": "si"}, {"claws", "blue"}),
    ]
    body = parameters(ref("Siamese"), **schemas)
    assert body["kind"]["enum"] == ["si"] and body.keys() == {"kind", "claws", "blue"}


@pytest.mark.parametrize("version", ["3.0.3", "2.0"])
def test_without_a_mapping_all_that_inherit_are_told_by_their_names(parameters, version):
    discriminator = "kind" if version == "2.0" else told_by("kind")
    schemas = {**LEVELS, "Pet": {**thing("kind"), "discriminator": discriminator}}
    assert kinds(parameters(thing(pet=ref("Pet")), version, **schemas)["pet"]) == [
        ({"kind": "Cat"}, {"claws"}),
        ({"kind": "Siamese"}, {"claws", "blue"}),
    ]


def test_azures_documents_say_the_value_beside_the_subtype(parameters):
    schemas = {
        "Pet": {**thing("kind"), "discriminator": "kind"},
        "Cat": inherits("Pet", "claws", **{"x-ms-discriminator-value": "#Pets.Cat"}),
    }
    assert parameters(ref("Cat"), "2.0", **schemas)["kind"]["enum"] == ["#Pets.Cat"]
    assert kinds(parameters(thing(pet=ref("Pet")), "2.0", **schemas)["pet"]) == [({"kind": "#Pets.Cat"}, {"claws"})]


def test_a_value_that_a_subtype_names_itself_stays(parameters):
    own = {"type": "object", "properties": {"kind": {"type": "string", "enum": ["SIAMESE"]}}}
    schemas = {"Pet": {**thing("kind"), "discriminator": told_by("kind")}, "Cat": LEVELS["Cat"]}
    body = parameters(ref("Siamese"), Siamese={"allOf": [ref("Cat"), own]}, **schemas)
    assert body["kind"]["enum"] == ["SIAMESE"]


def test_a_body_whose_fields_are_told_by_patterns_only_is_one_argument(parameters):
    body = {"type": "object", "properties": {}, "patternProperties": {"^x-": TEXT}, "additionalProperties": False}
    assert parameters(body)["body"]["patternProperties"] == {"^x-": TEXT}


def test_a_base_that_stands_for_itself_alone_is_its_fields(parameters):
    category = thing("kind", label=TEXT) | {"discriminator": told_by("kind", Category="Category")}
    schemas = {"Category": category, "Special": inherits("Category", "extra")}

    taken = parameters(ref("Category"), **schemas)
    assert taken["kind"]["enum"] == ["Category"] and taken["label"] == TEXT

    taken = parameters(ref("Special"), **schemas)
    assert taken["kind"]["enum"] == ["Special"] and taken["extra"] == TEXT

    taken = parameters({"type": "array", "items": ref("Category")}, **schemas)
    assert taken["body"]["items"]["properties"]["kind"]["enum"] == ["Category"]
