"""The card states what the tables say, and where the rows are stand-ins' work."""

import json

import polars as pl
import pytest
import yaml

from apigen_assets.dataset.compose import ABLATION_RULE, compose
from apigen_assets.dataset.funnel import FunnelRow
from apigen_assets.domain.api import Api, PythonBinding, Source
from apigen_assets.files.canonical import dumps
from apigen_assets.release.dataset_card import dataset_card, facts
from apigen_assets.release.provenance import ApiSource, ModelSource, Provenance, code_commit, gather
from apigen_assets.verification.stages.judge_prompt import PROMPT_VERSION
from resources.lake.lake import Lake
from resources.llm.generators import STANDINS, Generator
from tests.helpers.releases import release, rows
from tests.helpers.rows import frame, tool, verified_row


def provenance(**more):
    return Provenance(
        **{
            "funnel": (FunnelRow("writer-a", 100, 10, 5, 5, 80),),
            "models": (ModelSource("writer-a", "vendor/model-a", "generator", False),),
            "prompts": (("simple/plain@12345678", 80),),
            "sources": (ApiSource("weather", "openapi", "Apache-2.0", 3), ApiSource("own|x", "python", None, 1)),
            "wanted": 60,
            "shortfall": {"simple": 35, "multiple": 0},
            "compared": True,
            "contaminated": {"ngram": 2, "question": 1},
            "ablations": {"plus_fail_semantic_dataset": 120},
            "judge_prompt": "5eed",
            "catalog_hash": "c0ffee",
            "lineage": {"code_commit": "abc123", "assets": {"function_calling_dataset": {"run_id": "run-1"}}},
            **more,
        }
    )


def card(given, data=None):
    told = facts((rows() if data is None else data).lazy(), "Title", "cc-by-4.0", given, {"xlam": "about"})
    info = {"config_name": "xlam", "splits": [{"name": "train", "num_examples": 25, "num_bytes": 1}]}
    return dataset_card(told, [info])


def test_the_card_states_how_the_rows_were_made():
    text = card(provenance()).text
    for part in (
        "| writer-a | 100 | 10 | 5 | 5 | 80 | 80.0% |",
        "| writer-a | vendor/model-a | generator |",
        "| `simple/plain@12345678` | 80 |",
        "| weather | openapi | Apache-2.0 | 3 |",
        "| own\\|x | python | not stated | 1 |",
        "Catalogue hash: `c0ffee`",
        "Code commit: `abc123`",
        "| `function_calling_dataset` | run-1 | - | - |",
        "| multiple | 25 |",
        "license: cc-by-4.0",
        "The rows: `cc-by-4.0`",
        "Wanted: 60 rows with calls. Missing to that, and not filled from elsewhere: simple 35.",
        "Verified rows left out for that: ngram 2, question 1.",
        f"Size rule: {ABLATION_RULE}.",
        "* `plus_fail_semantic_dataset`: 120 rows",
        "The judges' prompt has the hash `5eed`",
        "## Known limits",
        "@article{liu2024apigen",
        "n<1K",
    ):
        assert part in text, part
    assert "stand-in" not in text


@pytest.mark.parametrize(("compared", "says"), [(False, "Not done: the questions"), (None, "Not recorded: no check")])
def test_the_card_does_not_claim_a_comparison_that_was_not_made(compared, says):
    text = card(provenance(compared=compared, contaminated={})).text
    assert says in text and "No row matches" not in text


def test_the_card_names_the_languages_that_were_asked_for():
    told = facts(rows().lazy(), "Title", "cc-by-4.0", Provenance(), {}, ("en", "de"))
    assert yaml.safe_load(dataset_card(told, []).text.split("---")[1])["language"] == ["en", "de"]


@pytest.mark.parametrize(
    "given",
    [
        provenance(models=(ModelSource("judge-x", "standin-large", "judge", True),)),
        provenance(models=(), funnel=(FunnelRow("standin-small", 1, 0, 0, 0, 1),)),
    ],
)
def test_rows_of_stand_ins_are_labelled(given):
    assert "> **Made by stand-ins.**" in card(given).text
    assert given.record()["stand_in"]


def test_runs_and_file_sizes_do_not_make_another_card():
    plain = card(provenance())
    other_run = card(provenance(lineage={"code_commit": "def456"}))
    assert other_run.text != plain.text and other_run.identity == plain.identity
    assert card(provenance(funnel=())).identity != plain.identity


def test_a_re_run_with_the_same_rows_does_not_rewrite_the_release(tmp_path):
    assert release(tmp_path / "r", provenance=provenance()).changed
    assert not release(tmp_path / "r", provenance=provenance(lineage={"code_commit": "def456"})).changed
    assert release(tmp_path / "r", provenance=provenance(catalog_hash="other")).changed


def test_provenance_comes_from_the_lake(tmp_path):
    lake = Lake(str(tmp_path / "lake"))
    done = [verified_row(f"c{i}", f"q {i}", [tool("f")], [("f", {"amount": i})]) for i in range(3)]
    part = {"api_batch": "b0", "generator": "standin-small"}
    lake.write(frame(done), lake.path("semantic_verified", part))
    lake.write(frame(done).select("generator", "candidate_id"), lake.path("raw_candidates", part))
    apis = [
        Api(
            api_id=f"id{i}",
            name=f"f{i}",
            description="d",
            parameters={"type": "object", "properties": {}},
            binding=PythonBinding(module="m", function="f"),
            source=Source(
                name="lib", file="m.py", format="python", content_hash="h", original_name="f", license=license_
            ),
        )
        for i, license_ in enumerate(["MIT", "MIT", None])
    ]
    lake.write(Api.frame(apis), lake.path("filtered_api_catalog", {"api_batch": "b0"}))
    known = {one.name: one for one in STANDINS} | {
        "writer": Generator(name="writer", base_url="http://localhost:1/v1", model="org/writer")
    }
    fates = compose(frame(done).lazy(), 20, 1, contaminated={"c0"}).fates
    lake.write(fates, lake.path("composition"))
    lake.write(pl.DataFrame({"kind": ["ngram"]}), lake.path("contaminated_rows"))
    lake.write(rows(4), lake.path("plus_fail_semantic_dataset"))
    lineage = {"code_commit": None, "compared_with_bfcl": True}
    found = gather(lake, known, ["standin-large"], lineage, 20)
    assert found.shortfall == {"simple": 3, "multiple": 5, "parallel": 5, "parallel_multiple": 5}
    assert (found.wanted, found.compared, found.contaminated) == (20, True, {"ngram": 1})
    assert found.ablations == {"plus_fail_semantic_dataset": 4} and found.judge_prompt == PROMPT_VERSION
    assert [row.verified for row in found.funnel] == [3]
    assert found.models == (
        ModelSource("standin-large", "standin-large", "judge", True),
        ModelSource("standin-small", "standin-small", "generator", True),
    )
    assert found.prompts == (("p", 3),)
    assert found.sources == (ApiSource("lib", "python", None, 1), ApiSource("lib", "python", "MIT", 2))
    assert json.loads(dumps(found.record()))["stand_in"] is True


def test_an_empty_lake_says_nothing(tmp_path):
    found = gather(Lake(str(tmp_path)), {}, [], {})
    assert found == Provenance() and "Not recorded." in card(found).text


def test_the_commit_is_null_outside_a_checkout(tmp_path):
    assert code_commit(tmp_path) is None


def test_a_card_of_rows_without_calls():
    data = rows().with_columns(pl.lit("tool_removed").alias("kind"))
    assert "```json\n{}\n```" in card(Provenance(), data).text
