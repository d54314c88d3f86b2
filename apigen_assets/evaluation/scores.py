"""Verdicts summed up: counts per category, the figures made of them, and the report that people keep."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from apigen_assets.evaluation.answers import Detected, OutputsError, check_form, detect_form, for_form
from apigen_assets.evaluation.categories import COUNTS, Figure, Tally, figures, wilson
from apigen_assets.files.json_types import JsonObject
from resources.bfcl.environment import BfclAnswer, Environment, Scored, data_digest, environment, score


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

    def means_something(self, category: str) -> bool:
        """False for irrelevance where no answer holds a call: never calling would have full marks."""
        return any(self.settings["readable"].values()) or not category.endswith("irrelevance")

    def report(self) -> JsonObject:
        """The report as JSON: `categories`, `versions`, `figures`, `settings`, `warnings`.

        Accuracies are shares (0 to 1), intervals are 95 % (Wilson). `failed` lists ids in the order of the board.
        """
        failed: dict[str, list[str]] = {name: [] for name in self.tallies}
        for verdict in self.verdicts:
            if not verdict["valid"]:
                failed[verdict["category"]].append(verdict["id"])
        return {
            "categories": {
                name: {
                    "correct": tally.correct,
                    "total": tally.total,
                    "failed": failed[name],
                    "accuracy": tally.accuracy if self.means_something(name) else None,
                    "interval": list(wilson(tally.correct, tally.total)) if self.means_something(name) else None,
                    "of": COUNTS[name],
                }
                for name, tally in self.tallies.items()
            },
            "versions": self.versions,
            "figures": {one.name: {k: v for k, v in asdict(one).items() if k != "name"} for one in self.figures},
            "settings": self.settings,
            "warnings": self.warnings,
        }


def score_answers(
    answers: Sequence[BfclAnswer],
    *,
    form: str = "auto",
    model_name: str = "",
    underscore_to_dot: bool | None = None,
    ids: Mapping[str, Sequence[str]] | None = None,
    env: Environment | None = None,
    require_calls: bool = True,
) -> Scores:
    """Score the answers of one model with the official checker.

    Args:
        answers: one per question; the categories they name must be complete, or the sample `ids` be.
        form: `auto`, or one of `decoding.FORMS`.
        model_name: selects the leaderboard's own setting for names with dots where it knows the model.
        underscore_to_dot: that setting, told.
        ids: the sample that was asked, by category, where it is not all questions.
        env: the environment with the checker; by default `resources.bfcl.environment.environment()`.
        require_calls: refuse answers none of which holds a call. False where it is known that a model gave them;
            there are no figures then, and a warning.

    Raises:
        OutputsError: no answer holds a call in the form.
        resources.bfcl.environment.IncompleteAnswersError: ids are missing, doubled or unknown.
        resources.bfcl.environment.BfclEnvironmentError: the checker cannot be run.
    """
    if not answers:
        raise OutputsError("there are no answers to score")
    try:
        detected = detect_form(answers) if form == "auto" else check_form(answers, form)
    except OutputsError:
        if require_calls or form == "auto":
            raise
        detected = Detected(form, {form: 0}, "no answer holds a call, so (ir)relevance figures say nothing")
    env = env or environment()
    sample = {name: list(these) for name, these in (ids or {}).items()}
    given = {one.category for one in answers}
    names = [name for name in env.counts if name in given or name in sample]
    scored = score(
        for_form(answers, detected.form),
        detected.form,
        categories=names,
        ids=sample,
        underscore_to_dot=underscore_to_dot,
        model_name=model_name,
        env=env,
    )
    return _summed(answers, detected, scored, env, model_name, names)


def _summed(
    answers: Sequence[BfclAnswer],
    detected: Detected,
    scored: Scored,
    env: Environment,
    model_name: str,
    names: list[str],
) -> Scores:
    correct = Counter(one["category"] for one in scored.verdicts if one["valid"])
    total = Counter(one["category"] for one in scored.verdicts)
    order = {name: place for place, name in enumerate(names)}
    verdicts = sorted(scored.verdicts, key=lambda one: (order[one["category"]], _place(one["id"])))
    tallies = {name: Tally(correct[name], total[name]) for name in names}
    warnings = [detected.warning] if detected.warning else []
    dotted, underscored = scored.names.get("dotted", 0), scored.names.get("underscored", 0)
    against = dotted if scored.underscore_to_dot else underscored
    if against:
        written, rule = ("dots", "underscores") if scored.underscore_to_dot else ("underscores", "dots")
        warnings.append(
            f"{against} of {dotted + underscored} calls of functions with a dot in their name have {written}, but "
            f"{rule} are right by {scored.underscore_reason}; tell it with --underscore-to-dot or --keep-dots"
        )
    failures = Counter(one.failure for one in answers if one.failure)
    warnings += [f"{count} questions got no answer: {reason}" for reason, count in failures.most_common()]
    broken = [one["id"] for one in scored.verdicts if str(one.get("error_type", "")).startswith("checker:")]
    if broken:
        warnings.append(
            f"the checker itself failed on {len(broken)} answers, counted as wrong: {', '.join(broken[:5])}"
        )
    return Scores(
        form=detected.form,
        verdicts=verdicts,
        tallies=tallies,
        figures=figures(tallies) if any(detected.readable.values()) else [],
        versions={**env.versions, "answers_sha256": data_digest(answers)},
        settings={
            "model_name": model_name,
            "form": detected.form,
            "readable": detected.readable,
            "underscore_to_dot": scored.underscore_to_dot,
            "underscore_reason": scored.underscore_reason,
        },
        warnings=warnings,
    )


def _place(entry_id: str) -> tuple[int, ...]:
    return tuple(int(part) for part in entry_id.rpartition("_")[2].split("-"))
