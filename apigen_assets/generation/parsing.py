"""From a completion to candidates' pairs. Nothing is dropped: what cannot be read is a pair with a reason.

In order: the reasoning is set apart (`apigen_assets.completions.reasoning`); every pair in the answer is found and read
where it can be read in exactly one way (`pairs`); pairs that say the same twice count once; two that give one query
different calls are ambiguous; and a completion gives at most its share, so that one that loops cannot fill a target.
"""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from apigen_assets.completions.reasoning import split_reasoning
from apigen_assets.domain.chat import Completion
from apigen_assets.files.canonical import StrictJsonError, dumps, loads_strict
from apigen_assets.generation.pair import MAX_RAW, Pair
from apigen_assets.generation.pairs import find_pairs

__all__ = ["Pair", "Parsed", "parse_completion"]


@dataclass
class Parsed:
    """What a completion held. `found` is `len(pairs) + duplicates + over_share`: every pair is accounted for."""

    pairs: list[Pair] = field(default_factory=list)
    """Those that become candidates, readable or not; at least one."""
    duplicates: int = 0
    """Pairs that repeat an earlier one of the same completion."""
    over_share: int = 0
    """Pairs beyond the completion's share."""

    @property
    def isolated(self) -> bool:
        """The pairs stood among other text, such as code fences or prose."""
        return any("isolated" in pair.repairs for pair in self.pairs)

    @property
    def readable(self) -> int:
        """Pairs that were read."""
        return sum(pair.error is None for pair in self.pairs)


def parse_completion(
    completion: Completion,
    names: Collection[str] = (),
    most: int | None = None,
    is_copy: Callable[[Pair], bool] = lambda _: False,
) -> Parsed:
    """The pairs of a completion, at least one: a completion without any is one unreadable pair.

    Args:
        completion: as the journal keeps it.
        names: the functions offered, to understand calls that are spelled unusually.
        most: the completion's share: pairs beyond it are counted and left out, unreadable ones first.
        is_copy: whether a pair that can be read repeats its prompt; these are left out next.
    """
    if completion.status == "error":
        return Parsed([Pair(error=f"no_answer: {completion.text}"[:500], raw="")])
    if completion.status == "refused":
        return Parsed([Pair(error="no_answer: the model refused", raw=completion.text[:MAX_RAW])])
    split = split_reasoning(completion.text)
    thought = "\n\n".join(part for part in (completion.reasoning.strip(), split.thought) if part)[:MAX_RAW]
    cut = completion.status == "length"
    if not split.answer:
        return Parsed([_nothing(completion, split.unfinished, cut)])
    found = find_pairs(split.answer, names, cut)
    thought = "\n\n".join(part for part in (thought, found.draft) if part)[:MAX_RAW]
    pairs = found.pairs
    if not pairs:
        return Parsed([_no_pair(split.answer, cut)])
    parsed = _distinct(pairs)
    if thought:
        parsed.pairs = [replace(pair, thought=pair.thought or thought) for pair in parsed.pairs]
    if most is not None and len(parsed.pairs) > most:
        _keep_share(parsed, most, is_copy)
    return parsed


def _nothing(completion: Completion, unfinished: bool, cut: bool) -> Pair:
    raw = completion.text[:MAX_RAW]
    if unfinished or (cut and completion.reasoning):
        said = "truncated: cut while reasoning; raise `max_tokens`" if cut else "no_answer: the reasoning has no end"
        return Pair(error=said, raw=raw)
    said = (
        "no_answer: the completion holds reasoning only"
        if completion.text.strip()
        else "no_answer: the completion is empty"
    )
    return Pair(error=said, raw=raw)


def _no_pair(answer: str, cut: bool) -> Pair:
    raw = answer[:MAX_RAW]
    try:
        loads_strict(answer)
    except StrictJsonError as error:
        if cut:
            return Pair(error="truncated: cut at the token limit before the first pair ended", raw=raw)
        return Pair(error=f"{error.kind}: {error}"[:500], raw=raw)
    return Pair(error="not_json: no pair of a query and its answers", raw=raw)


def _distinct(pairs: list[Pair]) -> Parsed:
    """Each pair once; one query with different answers is ambiguous."""
    parsed = Parsed()
    seen: set[tuple[str, str]] = set()
    for pair in pairs:
        said = dumps(pair.answers) if pair.error is None else f"{pair.error}|{pair.raw}"
        identity = (" ".join(pair.query.split()), said)
        if identity in seen:
            parsed.duplicates += 1
            continue
        seen.add(identity)
        parsed.pairs.append(pair)
    queries = Counter(" ".join(pair.query.split()) for pair in parsed.pairs if pair.error is None)
    parsed.pairs = [
        Pair(
            query=pair.query,
            error="ambiguous: the completion answers this query in more than one way",
            raw=dumps({"query": pair.query, "answers": pair.answers})[:MAX_RAW],
        )
        if pair.error is None and pair.query.strip() and queries[" ".join(pair.query.split())] > 1
        else pair
        for pair in parsed.pairs
    ]
    return parsed


def _keep_share(parsed: Parsed, most: int, is_copy: Callable[[Pair], bool]) -> None:
    """The first pairs of their own; room that is left goes to copies of the prompt, then to what cannot be read."""
    ranks = [2 if pair.error is not None else int(is_copy(pair)) for pair in parsed.pairs]
    best = sorted(range(len(ranks)), key=lambda place: (ranks[place], place))[:most]
    parsed.over_share = len(parsed.pairs) - most
    parsed.pairs = [parsed.pairs[place] for place in sorted(best)]
