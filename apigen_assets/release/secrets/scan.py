"""The scan for secrets: over everything kept, and over a release before it leaves the house."""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import polars as pl
from upath import UPath

from apigen_assets.files.excerpt import counted
from apigen_assets.files.mirror import fetch_segments
from apigen_assets.release.secrets.detectors import PREFILTERS, Hit, hits
from apigen_assets.release.secrets.environment import secret_values, spellings
from apigen_assets.release.secrets.stores import Batch, batches
from apigen_assets.settings import Settings
from resources.lake.lake import Lake, LakeError

ALLOWED = "not-secrets.txt"
"""File in `APIGEN_HOME` with the ids of what a person found to be no secret, one a line; `#` begins a remark."""

_MOST_PLACES = 5


class Finding(NamedTuple):
    """One secret and where it stands; the secret itself is not in here."""

    kind: str
    """What it looks like, or which variable of the environment holds it."""
    id: str
    """Names the secret without giving it away; empty for a value of the environment, which cannot be allowed."""
    places: tuple[str, ...]
    """Where it stands: file, and row, line or record."""

    def sentence(self) -> str:
        """The finding in words."""
        shown = "; ".join(self.places[:_MOST_PLACES])
        more = len(self.places) - _MOST_PLACES
        named = f" (id {self.id})" if self.id else ""
        return f"{self.kind}{named} in {shown}" + (f" and {more} more places" if more > 0 else "")


class Report(NamedTuple):
    """What a scan found."""

    findings: list[Finding]
    texts: int
    """How many values, lines and records were looked at."""

    def message(self) -> str:
        """What was found, where, and what to do; one sentence where nothing was."""
        if not self.findings:
            return f"no secret in {self.texts:,} texts" if self.texts else "nothing to look at: APIGEN_HOME is empty"
        listed = "\n".join(f"* {finding.sentence()}" for finding in self.findings)
        return (
            f"{counted(len(self.findings), 'secret')} in what is kept or would be "
            f"released:\n\n{listed}\n\nRotate each one, since others may have read it, and remove it: from the source "
            f"or the generator's prompt, from the tables made of it, and from journal and recordings. The id of one "
            f"that is no secret goes into {ALLOWED} in APIGEN_HOME."
        )


def scan(
    places: Mapping[str, Path | UPath], values: Mapping[str, str] | None = None, allowed: Iterable[str] = ()
) -> Report:
    """Look through files and folders.

    Args:
        places: file or folder by the name that findings call it.
        values: secrets that are known, by variable: found in any spelling.
        allowed: ids of what is no secret.
    """
    known = _Known(values or {})
    allowed = set(allowed)
    found: dict[tuple[str, str], list[str]] = {}
    texts = 0
    for name, path in places.items():
        for batch in batches(path, name):
            texts += len(batch.texts)
            for kind, identity, place in _of_batch(batch, known):
                if identity not in allowed or not identity:
                    found.setdefault((kind, identity), []).append(place)
    findings = [Finding(kind, identity, tuple(where)) for (kind, identity), where in sorted(found.items())]
    return Report(findings, texts)


def kept_places(settings: Settings, lake: Lake) -> dict[str, Path | UPath]:
    """What the platform keeps: tables, journal, recordings, logs of runs, reports and the local releases."""
    home = settings.home
    for folder in (settings.journal_dir, settings.recordings_dir):
        fetch_segments(folder)
    return {
        "lake": lake.root,
        "journal": settings.journal_dir,
        "recordings": settings.recordings_dir,
        "release": settings.release_dir,
        "report": home / "report",
        "reports": home / "reports",
        "dagster_home": Path(os.environ.get("DAGSTER_HOME") or home / "dagster_home"),
    }


def known_secrets(settings: Settings, lake: Lake) -> dict[str, str]:
    """The environment's secrets, with those that the bindings of the catalog name."""
    return secret_values(settings, _binding_variables(lake))


def allowed_ids(home: Path) -> set[str]:
    """The ids that a person has allowed; none without the file."""
    try:
        lines = (home / ALLOWED).read_text(encoding="utf-8").splitlines()
    except OSError:
        return set()
    return {line.partition("#")[0].strip() for line in lines} - {""}


def scan_everything(settings: Settings, lake: Lake, more: Mapping[str, Path] | None = None) -> Report:
    """Everything kept, and what else is named where it lies elsewhere."""
    places = kept_places(settings, lake)
    folders = [Path(str(path)).resolve() for path in places.values()]
    for name, path in (more or {}).items():
        if not any(path.resolve().is_relative_to(folder) for folder in folders):
            places[name] = path
    return scan(places, known_secrets(settings, lake), allowed_ids(settings.home))


class _Known:
    """Values of the environment, to be found in every spelling."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._variables: dict[str, str] = {}
        for variable, value in sorted(values.items()):
            for spelling in spellings(value):
                self._variables.setdefault(spelling, variable)
        self.patterns = sorted(self._variables, key=len, reverse=True)

    def variables(self, text: str) -> set[str]:
        return {self._variables[spelling] for spelling in self.patterns if _stands_alone(spelling, text)}


def _stands_alone(spelling: str, text: str) -> bool:
    """Whether the text holds it; a short one only as a word of its own, since it may be part of any other."""
    if len(spelling) >= 16:
        return spelling in text
    return re.search(rf"(?<![A-Za-z0-9]){re.escape(spelling)}(?![A-Za-z0-9])", text) is not None


def _of_batch(batch: Batch, known: _Known) -> Iterator[tuple[str, str, str]]:
    for index in _suspicious(batch.texts, known.patterns).arg_true():
        text = batch.texts[index]
        place = f"{batch.file}, {batch.place(index)}"
        for variable in sorted(known.variables(text)):
            yield f"the value of the environment variable {variable}", "", place
        for hit in hits(text):
            yield hit.kind, identity_of(hit), place


def _suspicious(texts: pl.Series, known: list[str]) -> pl.Series:
    text = pl.col("text")
    tests = [text.str.contains(pattern) for pattern in PREFILTERS]
    if known:
        tests.append(text.str.contains_any(known))
    return texts.to_frame("text").select(pl.any_horizontal(tests).fill_null(False)).to_series()


def identity_of(hit: Hit) -> str:
    """Eight hex digits that name a secret: too few to guess it from."""
    return hashlib.sha256(f"{hit.kind}\n{hit.secret}".encode()).hexdigest()[:8]


def _binding_variables(lake: Lake) -> set[str]:
    """Variables that the catalog's bindings name."""
    try:
        bindings = lake.scan("api_catalog").select(pl.col("binding").unique()).collect()["binding"]
    except (LakeError, pl.exceptions.PolarsError):
        return set()
    names: set[str] = set()
    for binding in bindings.drop_nulls():
        with suppress(ValueError):
            names |= set(_variables_in(json.loads(binding)))
    return names


def _variables_in(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            if key in {"variable", "token_variable"} and isinstance(part, str):
                yield part
            elif key == "variables" and isinstance(part, list):
                yield from (name for name in part if isinstance(name, str))
            else:
                yield from _variables_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from _variables_in(part)
    elif isinstance(value, str):
        yield from re.findall(r"\$\{(\w+)\}", value)
