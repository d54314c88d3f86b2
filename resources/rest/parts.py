"""The parts of a request before it is put together, and the refusal to make one."""

import copy
from collections.abc import Mapping

from apigen_assets.domain.api import Place, RestParameter
from apigen_assets.domain.outcome import Outcome
from apigen_assets.files.json_types import JsonValue
from resources.rest.wire_text import cookie_pairs, header_text, query_pairs


class RequestRefusedError(Exception):
    """The request is not made; `outcome` says as what it ends."""

    def __init__(self, outcome: Outcome, detail: str) -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.detail = detail


class RequestParts:
    """What a request is made of, before it is put together."""

    def __init__(self) -> None:
        self.path: dict[str, tuple[RestParameter, JsonValue]] = {}
        self.query: list[str] = []
        self.headers: dict[str, str] = {}
        self.cookies: list[tuple[str, str]] = []
        self.fields: list[tuple[RestParameter, JsonValue]] = []
        self.whole: tuple[RestParameter, JsonValue] | None = None

    def put(self, parameter: RestParameter, value: JsonValue) -> None:
        """Adds a value, written as its parameter says."""
        if parameter.place is Place.BODY:
            self.fields.append((parameter, value))
        elif parameter.place is Place.QUERY:
            self.query += query_pairs(parameter, value)
        elif parameter.place is Place.PATH:
            self.path[parameter.wire_name] = (parameter, value)
        elif parameter.place is Place.HEADER:
            self.headers[parameter.wire_name] = header_text(parameter, value)
        else:
            self.cookies += cookie_pairs(parameter, value)

    def body(self) -> JsonValue:
        """A copy of the body: the value that is all of it, or the object of its fields."""
        if self.whole is not None:
            return copy.deepcopy(self.whole[1])
        return {parameter.wire_name: copy.deepcopy(value) for parameter, value in self.fields}

    def replace_body(self, body: JsonValue, written: Mapping[str, RestParameter]) -> None:
        """Takes a changed body; `written` says how fields are written that no argument brought."""
        if self.whole is not None:
            self.whole = (self.whole[0], body)
        elif isinstance(body, dict):
            known = dict(written) | {parameter.wire_name: parameter for parameter, _ in self.fields}
            self.fields = [
                (known.get(name) or RestParameter(place=Place.BODY, wire_name=name), value)
                for name, value in body.items()
            ]
