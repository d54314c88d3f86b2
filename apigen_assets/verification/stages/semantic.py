"""Stage 3, the semantic check: do the calls say what the query says? Grounding first, then the judges."""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import polars as pl

from apigen_assets.domain.candidate import stated_language
from apigen_assets.domain.chat import ChatModel
from apigen_assets.domain.codec import read_tools
from apigen_assets.domain.reason import Reason, Stage
from apigen_assets.domain.verdict import CHECKED_SCHEMA, Decision, Verdict, with_verdicts
from apigen_assets.files.canonical import dumps
from apigen_assets.verification.grounding import Grounding, ground
from apigen_assets.verification.grounding.strength import rejects
from apigen_assets.verification.grounding.tool_view import ToolView
from apigen_assets.verification.stages.controls import Control, ask_controls
from apigen_assets.verification.stages.judge import UNSETTLED, Item, JudgeOptions, decide, judge_items, votes_json
from apigen_assets.verification.stages.judge_prompt import ShownTools
from apigen_assets.verification.stages.vote import JudgeAnswer, Vote

_NO_ANSWER = frozenset({JudgeAnswer.UNPARSEABLE, JudgeAnswer.UNAVAILABLE})


class SemanticCheck:
    """The check of one partition, chunk by chunk.

    Args:
        chat: where the judges answer; null: grounding alone decides.
        judges: names of the judging generators. A row that grounding rejects is not shown to them.
        options: how the committee asks and decides.
        partition: names the partition; another one draws other control items.
    """

    def __init__(
        self,
        chat: ChatModel | None = None,
        judges: Sequence[str] = (),
        options: JudgeOptions | None = None,
        partition: str = "",
    ) -> None:
        self.chat = chat
        self.judges = list(dict.fromkeys(judges))
        self.options = options or JudgeOptions()
        self.partition = partition
        self.controls: list[Control] = []
        """How each judge did on the control items; empty until a judge was asked."""

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        """As `check_semantic`."""
        grounded: list[Grounding] = []
        items: dict[int, Item] = {}
        columns = ["candidate_id", "query", "tools", "answers", "execution", "prompt_id"]
        for i, (key, query, tools, answers, execution, prompt) in enumerate(frame.select(columns).iter_rows()):
            offered, calls = _offered(tools), json.loads(answers)
            found = ground(query, offered.views, calls, stated_language(prompt))
            grounded.append(found)
            if found.rejection is None and self.chat is not None:
                questions = tuple(finding.detail for finding in found.questions)
                results = json.loads(execution) if execution else []
                items[i] = Item(key, query, offered.shown, calls, results, questions)
        votes: dict[int, dict[str, Vote]] = {}
        if self.chat is not None and items:
            self._ask_controls(self.chat)
            asked = judge_items(list(items.values()), self.chat, self.judges, self.options)
            votes = dict(zip(items, asked, strict=True))
        verdicts = [self._verdict(found, votes.get(i)) for i, found in enumerate(grounded)]
        return with_verdicts(frame, Stage.SEMANTIC, verdicts).select(CHECKED_SCHEMA.names())

    @property
    def counting(self) -> list[str]:
        """The judges whose votes count."""
        failed = {control.judge for control in self.controls if not control.counts}
        return [judge for judge in self.judges if judge not in failed]

    def _ask_controls(self, chat: ChatModel) -> None:
        if self.options.controls and not self.controls:
            self.controls = ask_controls(chat, self.judges, self.options, self.partition)

    def _verdict(self, found: Grounding, votes: dict[str, Vote] | None) -> Verdict:
        grounding = found.status.value
        findings = [finding.to_json(rejects(finding.rule)) for finding in found.findings]
        evidence = dumps(findings) if findings else None
        rejection = found.rejection
        if rejection is not None:
            reason, detail = rejection
            return Verdict(Decision.REJECTED, False, reason, detail, grounding, evidence)
        counting = self.counting
        said = dumps(votes_json(votes, counting)) if votes else None
        counted = {name: vote for name, vote in (votes or {}).items() if name in counting}
        if not counted and votes and all(vote.answer in _NO_ANSWER for vote in votes.values()):
            counted = votes  # nobody said anything: the row waits
        if counted:
            outcome = decide(counted, self.options.rule)
            if outcome is None:
                return Verdict(Decision.VERIFIED, True, None, "", grounding, evidence, said)
            decision = Decision.UNDECIDED if outcome[0] in UNSETTLED else Decision.REJECTED
            return Verdict(decision, False, outcome[0], outcome[1], grounding, evidence, said)
        if not found.findings and not votes:
            return Verdict(Decision.VERIFIED, True, None, "", grounding)
        keep = self.options.undecided == "keep"
        detail = found.findings[0].detail if found.findings else "no judge told the control items apart"
        return Verdict(
            Decision.UNDECIDED,
            keep,
            None if keep else Reason.UNDECIDED,
            "" if keep else detail,
            grounding,
            evidence,
            said,
        )


def check_semantic(
    frame: pl.DataFrame,
    chat: ChatModel | None = None,
    judges: Sequence[str] = (),
    options: JudgeOptions | None = None,
) -> pl.DataFrame:
    """Judge whether each row's calls are what its query asks for.

    Args:
        frame: rows that passed the execution check (`CHECKED_SCHEMA`), or the format check where nothing can be
            executed.
        chat: where the judges answer; null: grounding alone decides.
        judges: names of the judging generators. A row that grounding rejects is not shown to them.
        options: how the committee asks and decides.

    Returns:
        The same rows in the same order with `CHECKED_SCHEMA`. Only the verdict's columns are new; nothing a judge
        writes reaches a column of the candidate. A row that waits for a judge (it is down, or cannot be read) is
        undecided and does not pass; one with open questions and no judge passes or not by `options.undecided`.
    """
    return SemanticCheck(chat, judges, options)(frame)


class _Offered(NamedTuple):
    """The tools of a row, as grounding and as a judge sees them."""

    views: tuple[ToolView, ...]
    shown: ShownTools


@lru_cache(maxsize=1024)
def _offered(text: str) -> _Offered:
    """What a row's column `tools` holds; rows of one prompt share it."""
    return _Offered(tuple(map(ToolView, read_tools(text))), ShownTools(json.loads(text)))
