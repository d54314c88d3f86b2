"""Judging by rule: do the values stand in the query, under the right names, in the right number of calls?"""

import contextlib
import datetime as dt
import json
import random
import re

from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.tool_formats.api_phrases import name_words, word_set
from resources.local.standin.errors import JUDGE_ERROR
from resources.local.standin.reader import Case

_STOP = word_set("the a an of for to in and with is are what from that this using given by or on if whether be")


def judge(case: Case, model: str, rng: random.Random) -> str:
    """A verdict as JSON: `thought`, `pass` and the number of the first rule broken, 0 where none is."""
    rule, thought = _find_fault(case)
    if rng.random() < JUDGE_ERROR[model]:
        rule, thought = (0, "") if rule else (1, "The arguments do not serve the request.")
    if rule:
        return json.dumps({"thought": thought, "pass": "no", "rule": rule})
    return json.dumps({"thought": "", "pass": "yes", "rule": 0})


def _find_fault(case: Case) -> tuple[int, str]:
    for result in case.results:
        if result.get("outcome", "ok") != "ok" or _is_error(result.get("result")):
            return 5, f"The call of {result.get('name', 'a function')} did not run successfully."
    functions = {function.get("name"): function for function in case.functions}
    if not case.calls:
        return 3, "There is no call."
    for call in case.calls:
        if functions and call.get("name") not in functions:
            return 2, f"{call.get('name')} is not available."
    query = case.query.lower()
    for call in case.calls:
        function = functions.get(call["name"], {})
        properties = function.get("parameters", {}).get("properties", {})
        for name, value in (call.get("arguments") or {}).items():
            schema = properties.get(name, {}) if isinstance(properties, dict) else {}
            if not stands_in(value, query) and value != schema.get("default"):
                return 1, f"The value of {name} is not what the query says."
        # With several calls a name may stand beside another call's value.
        if len(case.calls) == 1 and (swapped := _swapped(call.get("arguments") or {}, query)) is not None:
            return 1, f"The values of {swapped[0]} and {swapped[1]} are exchanged."
    if (fault := _wrong_function(case, functions)) is not None:
        return 2, fault
    if (fault := _wrong_count(case, query)) is not None:
        return 3, fault
    return 0, ""


def stands_in(value: JsonValue, query: str) -> bool:
    """Whether a query (in lower case) says a value, in one of the ways people write it."""
    if isinstance(value, bool) or value is None:
        return True
    if isinstance(value, dict):
        return all(stands_in(item, query) for item in value.values())
    if isinstance(value, list):
        return all(stands_in(item, query) for item in value)
    if isinstance(value, str):
        text = value.lower().strip()
        if not text or text in query or text.replace("_", " ") in query:
            return True
        if re.fullmatch(r"\d{4}-\d\d-\d\d.*", text):
            with contextlib.suppress(ValueError):
                day = dt.date.fromisoformat(text[:10])
                return f"{day:%B} {day.day}, {day.year}".lower() in query
        words = re.findall(r"[a-z0-9]+", text)
        return bool(words) and all(word in query for word in words)
    return any(re.search(rf"(?<![\d.]){re.escape(form)}(?!\d|\.\d)", query) for form in _forms(value))


def _forms(value: int | float) -> list[str]:
    out = [json.dumps(value)]
    if isinstance(value, float) and value.is_integer():
        out.append(str(int(value)))
    if isinstance(value, int):
        out += [f"{value:,}", f"{value}.0"]
        if 0 <= value <= 20:
            out.append(_SMALL[value])
    if 0 < abs(value) < 1:
        percent = f"{round(value * 100, 6):g}"
        out += [f"{percent}%", f"{percent} percent", f"{percent} %"]
    return out


_SMALL = re.findall(
    r"\w+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty",
)


def _swapped(arguments: JsonObject, query: str) -> tuple[str, str] | None:
    """Two arguments of which each stands directly behind the other's name."""
    flat = {
        name: value
        for name, value in arguments.items()
        if isinstance(value, int | float | str) and not isinstance(value, bool)
    }
    names = list(flat)
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            if type(flat[first]) is not type(flat[second]) or flat[first] == flat[second]:
                continue
            if _follows(first, flat[second], query) and _follows(second, flat[first], query):
                return first, second
    return None


def _follows(name: str, value: object, query: str) -> bool:
    label = re.escape(name_words(name)).replace(r"\ ", r"[ _]")
    text = re.escape(value.lower() if isinstance(value, str) else json.dumps(value))
    return re.search(rf"\b{label}(?: of|:| =| is|)? ['\"]?{text}(?![\w]|\.\d)", query) is not None


def _wrong_function(case: Case, functions: dict[JsonValue, JsonObject]) -> str | None:
    words = _content(case.query)
    scores = {
        name: len(words & _content(f"{name_words(str(name))} {function.get('description', '')}"))
        / (len(_content(str(function.get("description", ""))[:120])) + 3)
        for name, function in functions.items()
    }
    called = {call["name"] for call in case.calls}
    for name in sorted(called):
        better = [
            rival for rival, score in scores.items() if rival not in called and score > 1.6 * scores.get(name, 0) + 0.12
        ]
        if better:
            return f"{better[0]} fits the request better than {name}."
    return None


def _wrong_count(case: Case, query: str) -> str | None:
    texts = [json.dumps(call, sort_keys=True) for call in case.calls]
    if len(set(texts)) != len(texts):
        return "The same call is made twice."
    # Numbers that no call uses belong to a request that nobody answered.
    used = json.dumps([call.get("arguments") for call in case.calls], ensure_ascii=False).lower()
    spoken = re.findall(r"(?<![\w.#:/-])-?\d+(?:\.\d+)?(?![\w:/-])", re.sub(r"(?<=\d),(?=\d{3})", "", query))
    numbers = {float(number) for number in re.findall(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?", used)}
    unused = [
        number
        for number in spoken
        if not any(abs(float(number) - n) < 1e-9 or abs(float(number) / 100 - n) < 1e-9 for n in numbers)
    ]
    if len(unused) > max(1, 2 * len(spoken) // 5):
        return "A part of the request is not answered by any call."
    return None


def _content(text: str) -> set[str]:
    return {re.sub(r"(?:ing|ed|es|s)$", "", word) for word in re.findall(r"[a-z]{3,}", text.lower())} - _STOP


def _is_error(result: object) -> bool:
    if isinstance(result, str):
        try:
            result = json.loads(result)
        except ValueError:
            return False
    return isinstance(result, dict) and bool(result.get("error"))
