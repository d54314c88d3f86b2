"""Verdicts summed up: counts per category, the figures made of them, and the report that people keep."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from apigen_assets.evaluation import official
from apigen_assets.evaluation.categories import ALL_COUNTS, COUNTS, MULTI_TURN, Figure, Tally, figures, wilson
from apigen_assets.evaluation.decoding import form_of_handler
from apigen_assets.evaluation.form_detection import Detected, check_form, detect_form
from apigen_assets.evaluation.output_entries import OutputsError
from apigen_assets.evaluation.same_text import same_texts
from apigen_assets.evaluation.stored_structures import unquoted
from apigen_assets.files.json_types import JsonObject
from resources.bfcl.environment import Environment, environment
from resources.bfcl.questions import known_model
from resources.bfcl.records import BfclAnswer, Scored, data_digest


@dataclass(frozen=True)
class Scores:
    """The scores of one model on the questions of one or more categories."""

    form: str
    verdicts: list[JsonObject]
    tallies: dict[str, Tally]
    figures: list[Figure]
    """Those whose questions are all there; none for a sample, and none where no answer holds a call."""
    versions: dict[str, str]
    settings: JsonObject
    warnings: list[str] = field(default_factory=list)
    withheld: dict[str, str] = field(default_factory=dict)
    """Categories whose accuracy says nothing of the model, with the reason."""
    refusals: JsonObject | None = None
    """Of the multi-turn turns in which nothing should be called: how many there are (`turns`), and in how many of
    them nothing was called (`kept`). The official checker does not judge them. `calls` is how many calls were made in
    all turns: where it is 0, a model that never calls, keeping all refusal turns says nothing."""

    def means_something(self, category: str) -> bool:
        """False for irrelevance where calls cannot be read: never calling would have full marks."""
        return category not in self.withheld

    def report(self) -> JsonObject:
        """The report as JSON: `categories`, `versions`, `figures`, `settings`, `warnings`, `refusals`.

        Accuracies are shares (0 to 1), intervals are 95 % (Wilson). `failed` lists ids in the order of the board.
        """
        failed: dict[str, list[str]] = {name: [] for name in self.tallies}
        for verdict in self.verdicts:
            if not verdict["valid"]:
                failed[verdict["category"]].append(verdict["id"])
        report: JsonObject = {
            "categories": {
                name: {
                    "correct": tally.correct,
                    "total": tally.total,
                    "failed": failed[name],
                    "accuracy": tally.accuracy if self.means_something(name) else None,
                    "interval": list(wilson(tally.correct, tally.total)) if self.means_something(name) else None,
                    "of": ALL_COUNTS[name],
                    **({"withheld": self.withheld[name]} if name in self.withheld else {}),
                }
                for name, tally in self.tallies.items()
            },
            "versions": self.versions,
            "figures": {
                figure.name: {key: value for key, value in asdict(figure).items() if key != "name"}
                for figure in self.figures
            },
            "settings": self.settings,
            "warnings": self.warnings,
        }
        return report if self.refusals is None else {**report, "refusals": self.refusals}


def score_answers(
    answers: Sequence[BfclAnswer],
    *,
    form: str = "auto",
    model_name: str = "",
    underscore_to_dot: bool | None = None,
    ids: Mapping[str, Sequence[str]] | None = None,
    env: Environment | None = None,
    require_calls: bool = True,
    asked_here: bool = False,
    allow_unreadable: bool = False,
) -> Scores:
    """Score the answers of one model with the official checker.

    Args:
        answers: one per question; the categories they name must be complete, or the sample `ids` be.
        form: `auto`, or one of `decoding.FORMS`.
        model_name: selects the leaderboard's own form and its setting for names with dots where it knows the model.
        underscore_to_dot: that setting, told.
        ids: the sample that was asked, by category, where it is not all questions.
        env: the environment with the checker; by default `resources.bfcl.environment.environment()`.
        require_calls: refuse answers none of which holds a call. False where it is known that a model gave them;
            there are no figures then, and a warning.
        asked_here: the model was asked by this project, so the form is certain however few answers are in it.
        allow_unreadable: score even where most answers cannot be read; irrelevance is withheld then.

    Raises:
        OutputsError: too few answers hold a call in the form.
        resources.bfcl.records.IncompleteAnswersError: ids are missing, doubled or unknown.
        resources.bfcl.process.BfclEnvironmentError: the checker cannot be run.
    """
    if not answers:
        raise OutputsError("there are no answers to score")
    env = env or environment()
    model = known_model(model_name, env) if model_name else None
    own = form_of_handler(model["handler"], model["native"]) if model else None
    if form == "auto":
        detected = detect_form(answers, own=own, allow_unreadable=allow_unreadable)
    else:
        known = asked_here or not require_calls
        detected = check_form(answers, form, own=own, allow_unreadable=allow_unreadable, known=known)
        if require_calls and known and detected.said and not detected.readable:
            detected = check_form(answers, form)  # for its message
    sample = {name: list(these) for name, these in (ids or {}).items()}
    answered = {answer.category for answer in answers}
    names = [name for name in ALL_COUNTS if name in answered or name in sample]
    ready = unquoted(answers) if detected.form == "openai" and detected.quoted else list(answers)
    single = [name for name in names if name in COUNTS]
    scored = None
    if single:
        scored = official.score(
            [answer for answer in ready if answer.category in COUNTS],
            detected.form,
            thinking=detected.thinking,
            categories=single,
            ids=sample,
            underscore_to_dot=underscore_to_dot,
            model_name=model_name,
            env=env,
        )
    several = [name for name in names if name in MULTI_TURN]
    judged: list[JsonObject] = []
    if several:
        judged = official.judge(
            [answer for answer in ready if answer.category in MULTI_TURN],
            detected.form,
            thinking=detected.thinking,
            categories=several,
            ids=sample,
            env=env,
        )
    return _summed(answers, detected, scored, judged, env, model_name, names)


def _summed(
    answers: Sequence[BfclAnswer],
    detected: Detected,
    scored: Scored | None,
    judged: list[JsonObject],
    env: Environment,
    model_name: str,
    names: list[str],
) -> Scores:
    every = [*(scored.verdicts if scored else []), *judged]
    correct = Counter(verdict["category"] for verdict in every if verdict["valid"])
    total = Counter(verdict["category"] for verdict in every)
    order = {name: place for place, name in enumerate(names)}
    verdicts = sorted(every, key=lambda verdict: (order[verdict["category"]], _place(verdict["id"])))
    tallies = {name: Tally(correct[name], total[name]) for name in names}
    warnings = list(detected.warnings)
    withheld = {name: detected.withheld for name in names if detected.withheld and name.endswith("irrelevance")}
    for same in same_texts(answers, {verdict["id"]: verdict for verdict in every}):
        if same.category in withheld:
            continue
        if not same.throughout:
            warnings.append(f"{same.told()}: counted as right; generate those again if it is a failure's text")
        elif same.category.endswith("irrelevance"):
            withheld[same.category] = f"{same.count} of {same.total} answers are alike"
            warnings.append(f"{same.told()}: not counted as right, since a failure would look like this")
        else:
            warnings.append(same.told())
    if scored:
        warnings += _naming_warnings(scored)
    failures = Counter(answer.failure for answer in answers if answer.failure)
    warnings += [
        f"{count} questions got no answer and count as wrong: {reason}" for reason, count in failures.most_common()
    ]
    broken = [verdict["id"] for verdict in every if str(verdict.get("error_type", "")).startswith("checker:")]
    if broken:
        warnings.append(
            f"the checker itself failed on {len(broken)} answers, counted as wrong: {', '.join(broken[:5])}"
        )
    all_figures = figures({name: tally for name, tally in tallies.items() if name not in withheld})
    versions = {**env.versions, "answers_sha256": data_digest(answers)}
    if not judged:
        versions.pop("multi_turn_sha256", None)
    return Scores(
        form=detected.form,
        verdicts=verdicts,
        tallies=tallies,
        figures=all_figures if any(detected.readable.values()) else [],
        versions=versions,
        settings={
            "model_name": model_name,
            "form": detected.form,
            "readable": detected.readable,
            "counted": detected.said,
            "thinking_cut": detected.thinking,
            "underscore_to_dot": scored.underscore_to_dot if scored else None,
            "underscore_reason": scored.underscore_reason if scored else "multi-turn tools have no dots in their names",
        },
        warnings=warnings,
        withheld=withheld,
        refusals=_refusals(judged),
    )


def _naming_warnings(scored: Scored) -> list[str]:
    warnings = []
    dotted, underscored = scored.names.get("dotted", 0), scored.names.get("underscored", 0)
    against = dotted if scored.underscore_to_dot else underscored
    if against:
        written, rule = ("dots", "underscores") if scored.underscore_to_dot else ("underscores", "dots")
        warnings.append(
            f"{against} of {dotted + underscored} calls of functions with a dot in their name have {written}, but "
            f"{rule} are right by {scored.underscore_reason}; tell it with --underscore-to-dot or --keep-dots"
        )
    calls, offered = scored.names.get("calls", 0), scored.names.get("offered", 0)
    if calls and offered < 0.5 * calls:
        shown = ", ".join(repr(name) for name in scored.names.get("foreign", []))
        warnings.append(
            f"{calls - offered} of {calls} calls name no function that was offered (such as {shown}): a prefix, "
            "another spelling, or answers to other questions? They count as wrong, as on the board"
        )
    return warnings


def _refusals(judged: Sequence[JsonObject]) -> JsonObject | None:
    turns = sum(verdict.get("refusal_turns", 0) for verdict in judged)
    if not turns:
        return None
    return {
        "turns": turns,
        "kept": turns - sum(verdict.get("needless_turns", 0) for verdict in judged),
        "calls": sum(verdict.get("calls", 0) for verdict in judged),
    }


def _place(entry_id: str) -> tuple[int, ...]:
    return tuple(int(part) for part in entry_id.rpartition("_")[2].split("-"))
