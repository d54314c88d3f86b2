"""Synthetic multi-turn answers, item by item, by the official runner and by ours: benchmarks/bfcl_conversations.py.

The true calls of all 800 items are spoilt in every way of `DAMAGES` and written in the forms of `MODELS`; the official
side is the package's own runner and handlers, one process for each run. `--repeat` scores each run a second time by
ours, items shuffled. Where `--official` names no interpreter with the official package, one is made in
`data/bfcl-official`. Exit status 1 where a single verdict differs.
"""

import argparse
import ast
import json
import random
import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import official_bfcl

from apigen_assets.evaluation import official as checker
from apigen_assets.evaluation.categories import MULTI_TURN
from resources.bfcl import environment as bfcl
from resources.bfcl.questions import conversations
from resources.bfcl.records import BfclAnswer

MODELS = {
    "granite-20b": "ibm-granite/granite-20b-functioncalling",
    "openai": "gpt-5.2-2025-12-11-FC",
    "python": "Qwen/Qwen3-0.6B",
    "json": "Salesforce/xLAM-2-1b-fc-r",
    "hermes": "Qwen/Qwen3-0.6B-FC",
    "llama": "meta-llama/Llama-3.1-8B-Instruct-FC",
}
"""Per form a model of the leaderboard whose handler reads it. The first hands texts on as they are."""

Turns = list[list[list[str]]]
"""Calls as texts, by turn and step."""


class Item:
    """One item: its true calls, and what is drawn on to spoil them."""

    def __init__(self, row: dict[str, Any], truth: list[list[str]]) -> None:
        self.id: str = row["id"]
        self.category: str = row["category"]
        self.truth = truth
        functions = [*row["functions"], *(tool for tools in row["added"].values() for tool in tools)]
        self.parameters = {tool["name"]: list(tool["parameters"]["properties"]) for tool in functions}

    def steps(self) -> Turns:
        """The true calls, each a step of its own."""
        return [[[call] for call in turn] for turn in self.truth]

    def named(self, call: str) -> tuple[str, dict[str, Any]]:
        """A call's name and its arguments, positional ones under their names."""
        node: Any = ast.parse(call.strip(), mode="eval").body
        name = ast.unparse(node.func)
        positional = zip(self.parameters.get(name, "abcdefgh"), node.args, strict=False)
        arguments = {key: ast.literal_eval(value) for key, value in positional}
        return name, arguments | {pair.arg: ast.literal_eval(pair.value) for pair in node.keywords}


def _written(name: str, arguments: dict[str, Any]) -> str:
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})"


def _one_step(turns: Turns, item: Item, draw: random.Random) -> Turns:
    return [[[call for step in turn for call in step]] if turn else [] for turn in turns]


def _turn_with_calls(turns: Turns, draw: random.Random) -> list[list[str]]:
    return draw.choice([turn for turn in turns if turn])


def _dropped_call(turns: Turns, item: Item, draw: random.Random) -> Turns:
    turn = _turn_with_calls(turns, draw)
    del turn[draw.randrange(len(turn))]
    return turns


def _repeated_call(turns: Turns, item: Item, draw: random.Random) -> Turns:
    turn = _turn_with_calls(turns, draw)
    turn.append(draw.choice(turn))
    return turns


def _shuffled_calls(turns: Turns, item: Item, draw: random.Random) -> Turns:
    for turn in turns:
        draw.shuffle(turn)
    return turns


def _empty_turn(turns: Turns, item: Item, draw: random.Random) -> Turns:
    _turn_with_calls(turns, draw).clear()
    return turns


def _missing_turn(turns: Turns, item: Item, draw: random.Random) -> Turns:
    return turns[:-1]


def _one_turn_early(turns: Turns, item: Item, draw: random.Random) -> Turns:
    return [*turns[1:], []]


def _all_in_the_first_turn(turns: Turns, item: Item, draw: random.Random) -> Turns:
    return [[step for turn in turns for step in turn], *([] for _ in turns[1:])]


def _extra_read(turns: Turns, item: Item, draw: random.Random) -> Turns:
    reads = ["pwd()", "ls(a=True)", "get_current_time()", "displayCarStatus(option='fuel')", "get_user_tweets('x')"]
    reads += ["get_account_info()", "list_users()", "ticket_get_login_status()", "absolute_value(number=-1)"]
    known = [read for read in reads if read.split("(")[0] in item.parameters]
    draw.choice(turns).append([draw.choice(known or ["pwd()"])])
    return turns


def _extra_login(turns: Turns, item: Item, draw: random.Random) -> Turns:
    """New tokens and sensor values come from one random stream: an extra reading moves all later ones."""
    readings = ["check_tire_pressure()", "get_current_speed()", "get_outside_temperature_from_google()"]
    readings += ["authenticate_twitter(username='u', password='p')", "ticket_login(username='u', password='p')"]
    readings += ["authenticate_travel('a', 'b', 'c', 'read', 'd', 'e')", "message_login(user_id='USR001')"]
    readings += ["trading_login('u', 'p')", "touch(file_name='extra.txt')", "round_number(number=1.5)"]
    known = [reading for reading in readings if reading.split("(")[0] in item.parameters]
    turns[0].insert(0, [draw.choice(known or readings)])
    return turns


def _needless_call(turns: Turns, item: Item, draw: random.Random) -> Turns:
    """A call where none should be made, or after the last one."""
    idle = [turn for turn in turns if not turn] or [turns[-1]]
    draw.choice(idle).append([_written(draw.choice(sorted(item.parameters)), {})])
    return turns


def _in_one_call(change: Callable[[str, dict[str, Any], random.Random], str]) -> Callable[..., Turns]:
    def damage(turns: Turns, item: Item, draw: random.Random) -> Turns:
        step = draw.choice(_turn_with_calls(turns, draw))
        step[0] = change(*item.named(step[0]), draw)
        return turns

    return damage


def _wrong_name(name: str, arguments: dict[str, Any], draw: random.Random) -> str:
    return _written(draw.choice([name + "s", name.upper(), "functions." + name, "no_such_tool"]), arguments)


def _missing_argument(name: str, arguments: dict[str, Any], draw: random.Random) -> str:
    if arguments:
        del arguments[draw.choice(sorted(arguments))]
    return _written(name, arguments)


def _unexpected_argument(name: str, arguments: dict[str, Any], draw: random.Random) -> str:
    return _written(name, {**arguments, "surplus": draw.choice([1, "x", None, {"a": [1]}])})


def _wrong_value(name: str, arguments: dict[str, Any], draw: random.Random) -> str:
    if arguments:
        key = draw.choice(sorted(arguments))
        value = arguments[key]
        numeric = isinstance(value, int | float) and not isinstance(value, bool)
        choices = [value + 1, -value, 0] if numeric else [f"{value}!", "", None]
        arguments[key] = draw.choice(choices)
    return _written(name, arguments)


def _wrong_type(name: str, arguments: dict[str, Any], draw: random.Random) -> str:
    if arguments:
        key = draw.choice(sorted(arguments))
        arguments[key] = draw.choice([str(arguments[key]), [arguments[key]], {"v": arguments[key]}, 7, True])
    return _written(name, arguments)


def _text_like_a_call(name: str, arguments: dict[str, Any], draw: random.Random) -> str:
    """The checker writes its instance's name before whatever looks like a tool's call, in texts as well."""
    for key, value in arguments.items():
        if isinstance(value, str):
            arguments[key] = f"{value} ls (x) cd(y) {name}("
            break
    return _written(name, arguments)


def _text_like_a_call_in_both(turns: Turns, item: Item, draw: random.Random) -> Turns:
    for turn in turns:
        for step in turn:
            step[0] += draw.choice(["", " ", "\n", "  # ls(x)"])
    return turns


DAMAGES: dict[str, Callable[[Turns, Item, random.Random], Turns]] = {
    "none": lambda turns, item, draw: turns,
    "one step a turn": _one_step,
    "dropped call": _dropped_call,
    "repeated call": _repeated_call,
    "shuffled calls": _shuffled_calls,
    "empty turn": _empty_turn,
    "missing turn": _missing_turn,
    "one turn early": _one_turn_early,
    "all in the first turn": _all_in_the_first_turn,
    "extra read": _extra_read,
    "extra login or reading": _extra_login,
    "needless call": _needless_call,
    "wrong name": _in_one_call(_wrong_name),
    "missing argument": _in_one_call(_missing_argument),
    "unexpected argument": _in_one_call(_unexpected_argument),
    "wrong value": _in_one_call(_wrong_value),
    "wrong type": _in_one_call(_wrong_type),
    "text like a call": _in_one_call(_text_like_a_call),
    "blanks and comments": _text_like_a_call_in_both,
}
IN_TEXT = ("prose beside calls", "cut text", "failure as answer")
"""Damages done to what is written."""


def write(step: list[str], item: Item, form: str) -> Any:
    """One step as a model writes it in the form."""
    if form == "granite-20b":
        return "".join(f"<function_call>{call}" for call in step)
    if form == "python":
        return f"[{', '.join(step)}]"
    calls = [item.named(call) for call in step]
    if form == "openai":
        return [{name: json.dumps(arguments)} for name, arguments in calls]
    if form == "json":
        return json.dumps([{"name": name, "arguments": arguments} for name, arguments in calls])
    if form == "hermes":
        each = [json.dumps({"name": name, "arguments": arguments}) for name, arguments in calls]
        return "\n".join(f"<tool_call>\n{call}\n</tool_call>" for call in each)
    return "; ".join(json.dumps({"name": name, "parameters": arguments}) for name, arguments in calls)


def answers(items: list[Item], kind: str, form: str, seed: int) -> list[dict[str, Any]]:
    """Entries `{id, category, result}` with the damage in every item."""
    entries = []
    for item in items:
        draw = random.Random(f"{seed}/{kind}/{item.id}")
        turns = DAMAGES.get(kind, DAMAGES["none"])(item.steps(), item, draw)
        written: Any = [[*(write(step, item, form) for step in turn), "Done."] for turn in turns]
        if kind == "failure as answer":
            written = draw.choice(["Error during inference: 503", [["Error: timeout"]] * len(turns), [[]] * len(turns)])
        elif kind in IN_TEXT:
            for turn in written:
                place = draw.randrange(len(turn))
                if isinstance(turn[place], str) and turn[place]:
                    text = turn[place]
                    prose = draw.choice([f"Sure! {text}", f"{text}\nI did it.", f"```\n{text}\n```"])
                    turn[place] = prose if kind.startswith("prose") else text[: draw.randrange(len(text))]
        entries.append({"id": item.id, "category": item.category, "result": written})
    return entries


def items_of(official: Path) -> list[Item]:
    """All items, with the true calls that the package holds."""
    (data,) = official.parents[1].glob("lib/python*/site-packages/bfcl_eval/data/possible_answer")
    truth = {}
    for category in MULTI_TURN:
        for line in (data / f"BFCL_v4_{category}.json").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            truth[row["id"]] = row["ground_truth"]
    return [Item(row, truth[row["id"]]) for row in conversations()]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--official", type=Path, help="an interpreter with the official package")
    options.add_argument("--forms", nargs="+", default=list(MODELS), choices=MODELS)
    options.add_argument("--damages", nargs="+", default=[*DAMAGES, *IN_TEXT], choices=[*DAMAGES, *IN_TEXT])
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--repeat", action="store_true", help="score twice by ours, the second time shuffled")
    given = options.parse_args()
    official = given.official or official_bfcl.interpreter()
    items = items_of(official)
    print(f"{len(items)} conversations, bfcl-eval {bfcl.VERSION}")
    compared = differing = 0
    for form in given.forms:
        print(f"\n{form}: official handler of {MODELS[form]}")
        print(f"  {'answers':<24}{'items':>6}{'official right':>16}{'ours':>6}{'differ':>8}{'ours CPU s':>12}")
        for kind in given.damages:
            entries = answers(items, kind, form, given.seed)
            differing += _compare(official, form, kind, entries, given.repeat)
            compared += len(entries)
    child = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"\n{compared:,} verdicts, {differing} differ; the largest process took {child.ru_maxrss / 1024:.0f} MB")
    return 1 if differing else 0


def _compare(official: Path, form: str, kind: str, entries: list[dict[str, Any]], repeat: bool) -> int:
    with tempfile.TemporaryDirectory() as name:
        run = official_bfcl.store(entries, MODELS[form], Path(name) / "run")
        (theirs,) = official_bfcl.score(official, Path(name), [run])
    given = [BfclAnswer(entry["id"], entry["category"], entry["result"]) for entry in entries]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    judged = checker.judge(given, form)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    verdicts = [verdict for verdict in judged if verdict["category"] not in theirs["crashed"]]
    failed = set(theirs["failed"])
    differ = [verdict for verdict in verdicts if verdict["valid"] == (verdict["id"] in failed)]
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    correct = sum(right for right, _ in theirs["totals"].values())
    ours = sum(verdict["valid"] for verdict in verdicts)
    print(f"  {kind:<24}{len(verdicts):>6}{correct:>16}{ours:>6}{len(differ):>8}{seconds:>12.1f}", flush=True)
    by_id = {entry["id"]: entry["result"] for entry in entries}
    for verdict in differ[:3]:
        print(f"    {verdict['id']}: ours {verdict['valid']} {verdict.get('error', '')}; {by_id[verdict['id']]!r:.600}")
    for category, told in theirs["crashed"].items():
        print(f"    {category}: the official scorer ends with {told}")
    if repeat:
        shuffled = random.Random(0).sample(given, len(given))
        again = {verdict["id"]: verdict["valid"] for verdict in checker.judge(shuffled, form)}
        changed = [verdict["id"] for verdict in judged if again[verdict["id"]] != verdict["valid"]]
        if changed:
            print(f"    {len(changed)} verdicts depend on the order: {', '.join(changed[:5])}")
        return len(differ) + len(changed)
    return len(differ)


if __name__ == "__main__":
    sys.exit(main())
