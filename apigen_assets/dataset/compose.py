"""Which verified rows make the data set: contamination and duplicates out, quotas, one order by seed."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from apigen_assets.dataset.facts import batches, facts_of
from apigen_assets.dataset.meaning import Meanings
from apigen_assets.dataset.near import Signatures
from apigen_assets.domain.style import Style
from apigen_assets.settings import Settings

EVEN_SHARES: Mapping[str, float] = {style.value: 1 / len(Style) for style in Style}
"""The paper does not publish its shares of the styles; even ones are the neutral choice."""

NEAR = 0.85
"""Queries are near from this share of common words and neighbouring pairs of words on.

One value changed in a query of ten words leaves 0.7, in one of thirty 0.9: rows that a template made with
other values stay, unless they are long and differ in nothing else.
"""


ABLATION_RULE = (
    "every row of the data set stays, and each distinct row with readable calls that the stage rejected is added once, "
    "whatever its style; nothing is taken out to keep the sizes equal, so the set is larger by its rejects. Rejects "
    "that hold questions or tools of BFCL stay out"
)
"""The size rule of the two ablation data sets (paper, Fig. 5, which states none)."""


class Fate(StrEnum):
    """What becomes of a verified row."""

    CHOSEN = "chosen"
    CONTAMINATED = "contaminated"
    SAME_ROW = "same_row"
    """Same query (case and spaces aside) and same calls as a row before it."""
    SAME_CALLS = "same_calls"
    """Same style and same calls with the same arguments as rows before it, in other words."""
    NEAR_QUERY = "near_query"
    """Calls the same functions, and its query is near to that of a row before it."""
    NEAR_MEANING = "near_meaning"
    """Its calls are those of a row before it but for order and defaults, and its query says the same in other words."""
    OVER_STYLE = "over_style"
    OVER_GENERATOR = "over_generator"
    OVER_CATEGORY = "over_category"
    OVER_API = "over_api"


DUPLICATES = (Fate.SAME_ROW, Fate.SAME_CALLS, Fate.NEAR_QUERY, Fate.NEAR_MEANING)
OVER_QUOTA = (Fate.OVER_STYLE, Fate.OVER_GENERATOR, Fate.OVER_CATEGORY, Fate.OVER_API)

FATES_SCHEMA = pl.Schema(
    {
        "candidate_id": pl.String,
        "generator": pl.String,
        "style": pl.String,
        "category": pl.String,
        "fate": pl.String,
        "of": pl.String,
        "place": pl.Int64,
    }
)
"""One row per verified row: its fate, the row it duplicates, and its place in the data set where chosen."""


@dataclass(frozen=True)
class Quotas:
    """How many rows of each kind may come in; what is not named is free."""

    styles: Mapping[str, float] = field(default_factory=lambda: dict(EVEN_SHARES))
    generators: Mapping[str, float] = field(default_factory=dict)
    """Shares of the target; a generator that is not named gives nothing. Empty: as the rows come."""
    category_share: float = 1.0
    """Largest share of the target that one category may have."""
    rows_per_api: int | None = None
    """Most rows that may call one API."""
    similarity: float = NEAR
    """From which similarity on queries are near; above 1: never."""
    near_meaning: float | None = None
    """Cosine from which two queries for the same calls say the same; null: never."""
    rows_per_call: int = 1
    """Most rows of one style with the same calls; calls without any argument are not limited."""

    def check(self) -> None:
        """Raises ValueError where the shares are not valid, with what is wrong."""
        for name, shares in (("style", self.styles), ("generator", self.generators)):
            if shares and (abs(sum(shares.values()) - 1) > 1e-6 or min(shares.values()) < 0):
                raise ValueError(f"{name} shares must be non-negative and sum to 1, not {dict(shares)}")
        unknown = set(self.styles) - set(EVEN_SHARES)
        if unknown:
            raise ValueError(f"unknown styles {', '.join(sorted(unknown))}; there are {', '.join(EVEN_SHARES)}")


def quotas_of(config: Settings) -> Quotas:
    """The quotas that the settings ask for."""
    return Quotas(
        **({"styles": config.style_shares} if config.style_shares else {}),
        generators=config.generator_shares,
        category_share=config.category_share,
        rows_per_api=config.rows_per_api,
        similarity=config.near_duplicate,
        near_meaning=config.near_meaning,
        rows_per_call=config.rows_per_call,
    )


class Composition(NamedTuple):
    """The chosen rows, and what became of all the others."""

    fates: pl.DataFrame
    """FATES_SCHEMA, the chosen rows first and in the order of the data set."""
    shortfall: dict[str, int]
    """Rows missing to the target, by style; under `generator:<name>` by generator, where those have shares."""

    @property
    def counts(self) -> dict[str, int]:
        """Rows by fate, for every fate."""
        counted = dict(self.fates["fate"].value_counts().iter_rows())
        return {fate.value: int(counted.get(fate.value, 0)) for fate in Fate}

    @property
    def duplicates(self) -> int:
        """Rows left out because another one is alike."""
        return sum(self.counts[fate] for fate in DUPLICATES)

    @property
    def over_quota(self) -> int:
        """Good rows left out because their kind is full."""
        return sum(self.counts[fate] for fate in OVER_QUOTA)


def compose(
    verified: pl.LazyFrame,
    size: int,
    seed: int,
    quotas: Quotas | None = None,
    categories: Mapping[str, str] | None = None,
    contaminated: Collection[str] = (),
) -> Composition:
    """The fate of every verified row, as a pure function of the rows as a set and the seed.

    Rows come in the seeded order. Contaminated ones go first; of those alike the first stays; then a row is
    taken while its style, generator, category and APIs have room. A kind with fewer rows than its quota is
    reported as a shortfall and not filled from another. Memory grows by the row, not by its length.

    Args:
        verified: rows of CHECKED_SCHEMA, scanned once in chunks.
        size: rows wanted.
        seed: seed of the order.
        quotas: shares and limits; by default even styles and nothing else.
        categories: category by API id.
        contaminated: ids of rows that may not come in.

    Raises:
        ValueError: shares are negative, do not sum to 1, or name no style.
        MeaningUnavailableError: duplicates in meaning are asked for where their extra is not installed.
    """
    quotas = quotas or Quotas()
    quotas.check()
    total = int(verified.select(pl.len()).collect().item())
    signatures = Signatures(total)
    meanings = Meanings(total) if quotas.near_meaning is not None else None
    parts = []
    for batch in batches(verified):
        parts.append(facts_of(batch, seed, categories or {}))
        signatures.add(batch["query"])
        if meanings is not None:
            meanings.add(batch)
    if not parts:
        return Composition(pl.DataFrame(schema=FATES_SCHEMA), _shortfall(Counter(), Counter(), size, quotas))
    facts = pl.concat(parts)
    del parts
    order = facts.with_row_index("row").sort("draw", "candidate_id", "exact")["row"].to_numpy().astype(np.int64)
    fates = np.full(total, "", dtype=object)
    of = np.full(total, -1, np.int64)
    fates[facts["candidate_id"].is_in(pl.Series(sorted(contaminated), dtype=pl.String).implode()).to_numpy()] = (
        Fate.CONTAMINATED
    )
    _drop_copies(facts, order, fates, of, quotas)
    left = order[fates[order] == ""]
    if quotas.similarity <= 1:
        for row, before in signatures.duplicates(left, facts["functions"].to_numpy(), quotas.similarity).items():
            fates[row], of[row] = Fate.NEAR_QUERY, before
    del signatures
    if meanings is not None and quotas.near_meaning is not None:
        left = order[fates[order] == ""]
        for row, before in meanings.duplicates(left, quotas.near_meaning).items():
            fates[row], of[row] = Fate.NEAR_MEANING, before
    shortfall = _take(facts, order[fates[order] == ""], fates, size, quotas)
    return Composition(_fates(facts, order, fates, of), shortfall)


def shortfall_of(fates: pl.DataFrame, size: int, quotas: Quotas) -> dict[str, int]:
    """Rows missing to the target, of a table of fates."""
    chosen = fates.filter(pl.col("fate") == Fate.CHOSEN)
    return _shortfall(Counter(chosen["style"].to_list()), Counter(chosen["generator"].to_list()), size, quotas)


def chosen_rows(verified: pl.LazyFrame, fates: pl.DataFrame) -> pl.DataFrame:
    """The chosen rows with the columns of `verified`, in the order of the data set."""
    places = fates.filter(pl.col("fate") == Fate.CHOSEN).select("candidate_id", "place").lazy()
    columns = verified.collect_schema().names()
    rows = verified.join(places, on="candidate_id", how="inner").collect(engine="streaming")
    return rows.sort("place", *columns).unique("place", keep="first", maintain_order=True).select(columns)


def unique_rows(frame: pl.LazyFrame, seed: int) -> pl.DataFrame:
    """All rows without exact copies, in the seeded order; the columns are those of the frame."""
    total = int(frame.select(pl.len()).collect().item())
    wide = Quotas(similarity=2, rows_per_call=max(1, total))
    fates = compose(frame, max(1, total) * len(Style), seed, wide).fates
    return chosen_rows(frame, fates)


def _drop_copies(
    facts: pl.DataFrame, order: "np.ndarray[Any, Any]", fates: "np.ndarray[Any, Any]", of: "np.ndarray[Any, Any]",
    quotas: Quotas,
) -> None:  # fmt: skip
    rows: dict[int, int] = {}
    ids: dict[str, int] = {}
    calls: dict[int, list[int]] = {}
    names = facts["candidate_id"].to_list()
    exact, same, limited = (facts[name].to_list() for name in ("exact", "calls", "has_arguments"))
    for row in order.tolist():
        if fates[row]:
            continue
        first = rows.setdefault(exact[row], row)
        first = ids.setdefault(names[row], row) if first == row else first
        if first != row:
            fates[row], of[row] = Fate.SAME_ROW, first
            continue
        if not limited[row]:
            continue
        alike = calls.setdefault(same[row], [])
        if len(alike) >= quotas.rows_per_call:
            fates[row], of[row] = Fate.SAME_CALLS, alike[0]
        else:
            alike.append(row)


def _take(
    facts: pl.DataFrame, left: "np.ndarray[Any, Any]", fates: "np.ndarray[Any, Any]", size: int, quotas: Quotas
) -> dict[str, int]:
    style_room = _parts(size, quotas.styles)
    generator_room = _parts(size, quotas.generators)
    category_room = int(size * quotas.category_share) if quotas.category_share < 1 else None
    taken: Counter[str] = Counter()
    of_generator: Counter[str] = Counter()
    of_category: Counter[str] = Counter()
    of_api: Counter[int] = Counter()
    columns = facts[left].select("style", "generator", "category", "apis").iter_rows()
    for row, (style, generator, category, apis) in zip(left.tolist(), columns, strict=True):
        if taken[style] >= style_room.get(style, 0):
            fates[row] = Fate.OVER_STYLE
        elif quotas.generators and of_generator[generator] >= generator_room.get(generator, 0):
            fates[row] = Fate.OVER_GENERATOR
        elif category_room is not None and of_category[category] >= category_room:
            fates[row] = Fate.OVER_CATEGORY
        elif quotas.rows_per_api is not None and any(of_api[api] >= quotas.rows_per_api for api in apis):
            fates[row] = Fate.OVER_API
        else:
            fates[row] = Fate.CHOSEN
            taken[style] += 1
            of_generator[generator] += 1
            of_category[category] += 1
            of_api.update(apis)
    return _shortfall(taken, of_generator, size, quotas)


def _shortfall(taken: Counter[str], of_generator: Counter[str], size: int, quotas: Quotas) -> dict[str, int]:
    short = {style: room - taken[style] for style, room in _parts(size, quotas.styles).items()}
    short |= {f"generator:{name}": room - of_generator[name] for name, room in _parts(size, quotas.generators).items()}
    return short


def _parts(size: int, shares: Mapping[str, float]) -> dict[str, int]:
    """Whole parts of `size` by shares, by the largest remainder: they sum to `size`."""
    parts = {name: int(size * share + 1e-9) for name, share in shares.items()}
    missing = size - sum(parts.values()) if parts else 0
    by_rest = sorted(shares, key=lambda name: (-(size * shares[name] - parts[name]), name))
    for name in by_rest[:missing]:
        parts[name] += 1
    return parts


def _fates(
    facts: pl.DataFrame, order: "np.ndarray[Any, Any]", fates: "np.ndarray[Any, Any]", of: "np.ndarray[Any, Any]"
) -> pl.DataFrame:
    names = facts["candidate_id"]
    chosen = fates[order] == Fate.CHOSEN
    ordered = facts[order].select("candidate_id", "generator", "style", "category")
    original = of[order]
    return (
        ordered.with_columns(
            pl.col("generator", "style", "category").cast(pl.String),
            pl.Series("fate", [str(fate) for fate in fates[order].tolist()], dtype=pl.String),
            pl.Series("of", names.gather(np.maximum(original, 0))).set(pl.Series(original < 0), None),
            pl.Series("place", np.where(chosen, np.cumsum(chosen) - 1, -1), dtype=pl.Int64).replace(-1, None),
        )
        .sort("place", nulls_last=True, maintain_order=True)
        .select(FATES_SCHEMA.names())
        .cast(FATES_SCHEMA)
    )
