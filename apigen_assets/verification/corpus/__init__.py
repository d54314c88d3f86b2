"""Labelled pairs of real writing, packaged: what verification is measured on, and which rules may reject."""

from apigen_assets.verification.corpus.corpus import CORPUS_SCHEMA, labelled_pairs
from apigen_assets.verification.corpus.measure import measure_rules, wilson

__all__ = ["CORPUS_SCHEMA", "labelled_pairs", "measure_rules", "wilson"]
