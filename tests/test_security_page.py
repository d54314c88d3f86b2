"""Every threat of docs/SECURITY.md names tests that exist."""

import ast
import re

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from apigen_assets.catalog.names import slugify
from tests.helpers.paths import ROOT

PAGE = (ROOT / "docs" / "SECURITY.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_named_test_exists(file, name):
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_threat_has_a_behaviour_and_a_test():
    threats = re.findall(r"^\| (.+?) \| (.+?) \| (.+) \|$", PAGE.partition("## Threats")[2], re.MULTILINE)
    rows = [row for row in threats if row[0] not in {"threat"} and not row[0].startswith("-")]
    assert len(rows) > 35
    assert not [threat for threat, _, test in rows if "::" not in test and "by hand" not in test]


@hypothesis_settings(max_examples=100, deadline=None)
@given(st.text() | st.sampled_from(["../../etc/passwd", "..\\x", "/abs", "a/b", "x\0y", "CON", "\u2025/"]))
def test_no_name_of_a_source_is_a_path(text):
    assert re.fullmatch(r"[a-z0-9_-]*", slugify(text))
