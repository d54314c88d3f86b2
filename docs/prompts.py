"""Writes docs/prompts.md: every template, and for each a prompt as it is sent and a completion.

python docs/prompts.py [--check]
"""

import itertools
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from apigen_assets.catalog.importers.python_modules import import_python_package
from apigen_assets.domain.style import Style
from apigen_assets.functions.library import all_seeds
from apigen_assets.generation.generate import make_request
from apigen_assets.generation.library import Library
from apigen_assets.generation.pair_plan import FORMS, PERSONAS
from apigen_assets.generation.prompts import (
    ENGLISH_EXAMPLES,
    FORMAT,
    LANGUAGE_RULE,
    OBJECT_FORMAT,
    STYLE_RULES,
    SYSTEM,
    WORDINGS,
)
from apigen_assets.generation.samplers import Draw, Sampler
from apigen_assets.generation.shown_examples import from_seeds
from apigen_assets.generation.templates import read_languages
from resources.local.standin.server import answer

DRAWS = 400
PAIRS = 3
SHOWN = "## Prompts and completions"

HEAD = """# Prompts

Written by `python docs/prompts.py` from the files in `apigen_assets/generation/templates/`; edit those, and run it
again.

A prompt has two messages. The system message is equal in all prompts, so that servers keep what they have read of it;
the user's holds the rule of the style and that of the wording, the functions, the examples, the task as JSON, and last
the form of the reply, since weak models write in the form that they read last. The structure follows the paper's
appendix; the words are this project's.

## What stands in a prompt, and why

* **Functions**: the targets come from the batch, each API in turn; distractors and partners from the whole catalog as
  it was pinned for the batch: near ones by names, parameters and descriptions (55 %), near ones of other sources (35
  %), any (10 %). The version is `library_version` on `raw_candidates`.
* **Examples**: at most two, of the asked style and wording, that call targets only: a small model copies whatever
  else it is shown. Hand-written seeds, seeds of your own, verified rows of the round before; where none fits, one is
  built of two others, of one with other values, or of the function's own documentation and example values, in other
  languages by the forms of `apigen_assets/generation/templates/languages/`. A pair that repeats an example,
  an earlier query, a real query or a sentence of the prompt is rejected as `copied_example`.
* **Room**: a tool of more than 1,000 tokens is shown with shorter descriptions, 20 permitted values and fewer
  optional parameters, always with those that plan and examples use; the row keeps the whole tool.
* **Task**: number, style, wording, language, targets, and a plan per pair. `use` and `set` bring every optional
  parameter and every permitted value round, but those that serve the transport (a JSONP `callback`, pretty printing,
  credentials) and filler (lorem ipsum); `form` is how values are put, one that a value of the pair can have, and the
  content of a file in base64 always as its code, quoted whole; `level`, `length` and `who` vary the rest.
  Stand-ins read this JSON and nothing else, so that an edit of a text changes nothing for them.
* **The last line** says the form of the reply once more. Small models answer what they read last: without it a
  Qwen2.5-Coder 0.5B wrote queries in 1 of 8 completions, calls alone or parts of the task in the others.
* **Units**: a value stands in the query in the unit of its parameter, unless the pair's `form` asks for another one.
  The forms are those that grounding accepts (`tests/generation/test_pair_plan.py`).
* **Later rounds** name queries that were asked of the function before (`asked_before`). Real queries without answers,
  from seeds of your own, show how people write (`people_write_like`).

## Seeds of your own

`<home>/seeds/*.jsonl`, or `APIGEN_SEEDS` (a file, a folder, or `hub:<namespace>/<name>`). A line is

    {"query": "How wide is Mars?", "answers": [{"name": "planet_size", "arguments": {"planet": "Mars"}}]}

or a query alone; other shapes of rows (messages, ShareGPT, OpenAI calls) are read too. With `tools` (names or
definitions) the calls are checked against them; what is wrong is left out and named on `seed_examples`, a file that
cannot be read with one sentence. `apigen generate` and `apigen batch export` show the same seeds, and draw from the
catalog of the lake, pinned at their first run, where there is one.

## Rounds

Round 1 shows seeds. For round 2 run the job `round` (asset `verified_examples`, `round: 2`), then the job `rows` for
the partitions wanted, with `round: 2` as configuration of `raw_candidates`. Candidates are added, earlier rounds stay
as they are; a round shows verified rows of the round before it alone, at most eight per API. A later round is never
started by itself, since it asks new prompts.

## Measured

Two shared cores, other work beside it; stand-ins are no language models.

| what | command | figure |
|---|---|---|
| 10,000 prompts of a batch of 100 of 16,394 APIs | `python benchmarks/sampling.py` | 6.4 s of CPU, 199 MiB |
| tokens per prompt of five pairs, that library (characters / 4) | the same | 987, of which 305 are the system message |
"""


def main() -> None:
    """Write the page."""
    apis = list(import_python_package("apigen_assets.functions", "builtin", only_with="SEEDS").apis)
    sampler = Sampler(apis, from_seeds(all_seeds()), 20240626, "builtin", library=Library.of(apis))
    draws = [sampler.draw(index) for index in range(DRAWS)]
    parts = [HEAD.rstrip(), "## Templates", f"### System\n\n{_fenced(SYSTEM)}"]
    parts.append(
        f"### Form of the reply\n\nThe last line of the user's message, as a list:\n\n{_fenced(FORMAT)}\n\n"
        f"and where an endpoint enforces a schema:\n\n{_fenced(OBJECT_FORMAT)}"
    )
    parts.append("### Styles\n\n" + _table(("style", "rule"), [(style.value, STYLE_RULES[style]) for style in Style]))
    rows = [(one.name, f"{one.share:.0%}", one.rule) for one in WORDINGS]
    parts.append("### Wordings\n\n" + _table(("wording", "share", "rule"), rows))
    native = [(code, language.name, language.ask) for code, language in read_languages().items()]
    parts.append(
        "### Languages\n\nEnglish, and with `APIGEN_LANGUAGES` one of these in 15 % of the prompts. The style's and "
        f"the wording's rules are followed by:\n\n{_fenced(LANGUAGE_RULE)}\n\nand, where no example in the "
        f"language can be built:\n\n{_fenced(ENGLISH_EXAMPLES)}\n\nThe last line ends with the language's own "
        "sentence. Examples are built in the forms of `templates/languages/<code>.yaml`, with the function's own "
        "term in the language's quotation marks.\n\n" + _table(("code", "language", "the last sentence"), native)
    )
    parts.append("### Forms of values\n\n" + "\n".join(f"* {text}" for text in FORMS.values()))
    parts.append(f"### People\n\n{len(PERSONAS)} of them, such as: {', '.join(PERSONAS[:6])}.")
    parts.append(f"{SHOWN}\n\nThe completions are those of a stand-in, not of a language model.")
    for wording, style in zip(WORDINGS, itertools.cycle(Style), strict=False):
        fitting = [draw for draw in draws if draw.wording.name == wording.name and draw.style is style]
        parts.append(_shown(min(fitting, key=lambda draw: len(_messages(draw)[1]["content"]))))
    page, text = Path(__file__).with_suffix(".md"), "\n\n".join(parts) + "\n"
    if "--check" not in sys.argv:
        page.write_text(text, encoding="utf-8")
    elif page.read_text(encoding="utf-8").split(SHOWN)[0] != text.split(SHOWN)[0]:
        # What stand-ins write may change with them; the templates are the point.
        sys.exit("docs/prompts.md is not what the templates give: run `python docs/prompts.py`")


def _messages(draw: Draw) -> tuple[dict[str, str], ...]:
    return make_request(draw, PAIRS).messages


def _shown(draw: Draw) -> str:
    system, user = _messages(draw)
    text = answer("standin-large", [dict(system), dict(user)])
    tokens = sum(len(message["content"]) for message in (system, user)) // 4
    return "\n\n".join(
        [
            f"### {draw.style.value}, {draw.wording.name}",
            f"About {tokens} tokens, {len(system['content']) // 4} of them the system message.",
            _fenced(user["content"]),
            "Completion:",
            _fenced(text if len(text) < 4000 else json.dumps(text)[:4000]),
        ]
    )


def _fenced(text: str) -> str:
    return f"~~~text\n{text}\n~~~"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, ("---",) * len(head), *rows))


if __name__ == "__main__":
    main()
