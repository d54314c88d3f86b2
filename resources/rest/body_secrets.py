"""Puts a secret into the objects of a body that want it."""

from apigen_assets.domain.api import BodyStep, Credential, ObjectTest
from apigen_assets.files.json_types import JsonObject, JsonValue


def put_inside(body: JsonValue, credential: Credential, secret: JsonValue) -> bool:
    """Writes a secret into every object that wants it; gives whether there is one.

    Args:
        body: an object or list, by wire names; changed.
        credential: one that stands inside the body.
        secret: its value; null to look only.
    """
    return _Writer(credential, secret).write(body, credential.steps)


class _Writer:
    def __init__(self, credential: Credential, secret: JsonValue) -> None:
        self._credential = credential
        self._secret = secret

    def write(self, value: JsonValue, steps: tuple[BodyStep, ...]) -> bool:
        if not steps:
            if not isinstance(value, dict) or not _fits(value, self._credential.tests):
                return False
            if self._secret is not None:
                value[self._credential.wire_name] = self._secret
            return True
        step, rest = steps[0], steps[1:]
        if step.name == "":
            return self._beyond(value, step, rest)
        if step.name == "[]":
            return isinstance(value, list) and any([self._beyond(item, step, rest) for item in value])
        if not isinstance(value, dict) or not _fits(value, step.tests):
            return False
        if step.name == "*":
            others = [item for name, item in value.items() if name not in step.besides]
            return any([self._beyond(item, step, rest) for item in others])
        return self._field(value, step, rest)

    def _beyond(self, value: JsonValue, step: BodyStep, rest: tuple[BodyStep, ...]) -> bool:
        """Writes it where a step leads to, and into the objects of the same kind inside that."""
        ways = [rest]
        if isinstance(value, dict | list):
            for cycle in step.again:
                back = cycle[-1].model_copy(update={"again": (*cycle[-1].again, *step.again)})
                ways.append((*cycle[:-1], back, *rest))
        return any([self.write(value, way) for way in ways])

    def _field(self, holder: JsonObject, step: BodyStep, rest: tuple[BodyStep, ...]) -> bool:
        if not step.made or isinstance(holder.get(step.name), dict | list):
            return self._beyond(holder.get(step.name), step, rest)
        made: JsonValue = [{}] if rest and rest[0].name == "[]" else {}
        is_wanted = self.write(made, rest)
        if is_wanted and self._secret is not None:
            holder[step.name] = made
        return is_wanted


def _fits(value: JsonObject, tests: tuple[ObjectTest, ...]) -> bool:
    return not tests or any(
        all(name in value for name in test.needs)
        and not any(name in value for name in test.lacks)
        and all(value[name] in texts for name, texts in test.values if name in value)
        for test in tests
    )
