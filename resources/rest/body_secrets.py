"""Puts a secret into the objects of a body that want it."""

from apigen_assets.domain.api import BodyStep, Credential, ObjectTest
from apigen_assets.files.json_types import JsonObject, JsonValue


def put_inside(body: JsonValue, credential: Credential, secret: str | None) -> bool:
    """Writes a secret into every object that wants it; gives whether there is one.

    Args:
        body: an object or list, by wire names; changed.
        credential: one that stands inside the body.
        secret: its value; null to look only.
    """
    return _Writer(credential, secret).write(body, credential.steps)


class _Writer:
    def __init__(self, credential: Credential, secret: str | None) -> None:
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
        if step.name == "[]":
            return isinstance(value, list) and any([self.write(item, rest) for item in value])
        if not isinstance(value, dict) or not _fits(value, step.tests):
            return False
        if step.name == "*":
            return any([self.write(item, rest) for name, item in value.items() if name not in step.besides])
        return self._field(value, step, rest)

    def _field(self, holder: JsonObject, step: BodyStep, rest: tuple[BodyStep, ...]) -> bool:
        if not step.made or isinstance(holder.get(step.name), dict | list):
            return self.write(holder.get(step.name), rest)
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
