"""A model release: the checkpoint's files, its card with scores, evaluation results in the Hub's form."""

import json

import polars as pl
import pytest
import yaml

from apigen_assets.dataset.compose import ABLATION_RULE
from apigen_assets.release.models import BFCL_DATASET, ModelError, PublishedScore, scores, split_card, write_model
from resources.bfcl.environment import VERSION


@pytest.fixture
def checkpoint(tmp_path):
    folder = tmp_path / "checkpoints" / "tiny" / "verified"
    (folder / "adapter").mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "adapter" / "adapter_model.safetensors").write_bytes(b"adapter")
    (folder / "training_args.bin").write_bytes(b"a pickle")
    (folder / "global_step5").mkdir()
    (folder / "global_step5" / "state.json").write_text("{}")
    (folder / ".work").mkdir()
    (folder / ".work" / "x.json").write_text("{}")
    (folder / "training.json").write_text(json.dumps({"lineage": {"generators": ["standin-small"]}}))
    (folder / "README.md").write_text(
        "---\nlicense: mit\nmodel-index:\n- name: tiny\n  results:\n  - task: {type: text-generation}\n---\n"
        "# tiny\n\nText.\n"
    )
    return folder


FOUND = [PublishedScore("simple_python", 0.925, 400, False), PublishedScore("live_simple", 0.5, 10, True)]


def write(tmp_path, checkpoint, found=FOUND, **more):
    return write_model(tmp_path / "out" / "tiny", checkpoint, found, model="tiny", dataset="verified", **more)


def test_the_files_of_a_model_and_nothing_else(tmp_path, checkpoint):
    tree = write(tmp_path, checkpoint)
    assert sorted(str(path.relative_to(tree.path)) for path in tree.path.rglob("*") if path.is_file()) == [
        ".eval_results/bfcl.yaml",
        "README.md",
        "adapter/adapter_model.safetensors",
        "config.json",
        "model.safetensors",
        "release.json",
        "training.json",
    ]
    assert (tree.path / "model.safetensors").stat().st_nlink == 2, "weights are linked, not copied"


def test_scores_are_in_card_index_and_results(tmp_path, checkpoint):
    from huggingface_hub import ModelCard
    from huggingface_hub.repocard_data import EvalResult

    tree = write(tmp_path, checkpoint, dataset_repo="ada/calls")
    head, body = split_card((tree.path / "README.md").read_text())
    assert head["license"] == "mit" and head["datasets"] == ["ada/calls"]
    assert len(head["model-index"][0]["results"]) == 2
    assert "| simple_python | 92.50% | 400 |" in body and "| live_simple | 50.00% | 10 (a sample) |" in body
    assert "(stand-in data)" in body and "Trained on stand-in data" in body
    (entry,) = yaml.safe_load((tree.path / ".eval_results" / "bfcl.yaml").read_text())
    assert entry["dataset"] == {"id": BFCL_DATASET, "task_id": "simple_python"} and entry["value"] == 92.5
    assert "stand-ins" in entry["notes"] and f"bfcl-eval {VERSION}" in entry["notes"]
    whole = write_model(tmp_path / "plain", _without_card(checkpoint), FOUND, model="tiny", dataset="verified")
    results = ModelCard.load(whole.path / "README.md").data.eval_results
    assert [type(one) for one in results] == [EvalResult] and results[0].metric_value == 92.5


def _without_card(checkpoint):
    (checkpoint / "README.md").unlink()
    return checkpoint


def test_no_scores_no_results(tmp_path, checkpoint):
    tree = write(tmp_path, checkpoint, [])
    assert not (tree.path / ".eval_results").exists()
    assert "BFCL" not in (tree.path / "README.md").read_text()


def test_the_same_model_is_not_written_again(tmp_path, checkpoint):
    assert write(tmp_path, checkpoint).changed
    assert not write(tmp_path, checkpoint).changed
    assert write(tmp_path, checkpoint, []).changed
    (checkpoint / "model.safetensors").unlink()
    (checkpoint / "model.safetensors").write_bytes(b"other weights")
    assert write(tmp_path, checkpoint, []).changed


def test_another_tokenizer_beside_the_same_weights_is_another_release(tmp_path, checkpoint):
    (checkpoint / "tokenizer.json").write_text('{"a": 1}')
    old = write(tmp_path, checkpoint)
    (checkpoint / "tokenizer.json").unlink()
    (checkpoint / "tokenizer.json").write_text('{"a": 2}')
    new = write(tmp_path, checkpoint)
    assert new.changed and new.content_hash != old.content_hash
    assert (new.path / "tokenizer.json").read_text() == '{"a": 2}'
    assert write(tmp_path, checkpoint, []).content_hash == new.content_hash, "other scores are no other model"


def test_the_card_of_an_ablation_says_what_it_is_and_its_size_rule(tmp_path, checkpoint):
    tree = write_model(tmp_path / "out", checkpoint, FOUND, model="tiny", dataset="plus_fail_execution")
    text = (tree.path / "README.md").read_text()
    assert "failed the execution check" in text and f"Size rule: {ABLATION_RULE}." in text
    assert "Size rule" not in (write(tmp_path, checkpoint).path / "README.md").read_text()


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_an_incomplete_checkpoint_is_refused(tmp_path, checkpoint, name):
    write(tmp_path, checkpoint)
    (checkpoint / name).unlink()
    with pytest.raises(ModelError, match="train the model first"):
        write(tmp_path, checkpoint)
    assert (tmp_path / "out" / "tiny" / name).exists(), "the earlier release stays"


def test_no_checkpoint_at_all(tmp_path):
    with pytest.raises(ModelError, match="is not a complete checkpoint"):
        write(tmp_path, tmp_path / "nothing")


def test_scores_come_from_verdicts():
    table = pl.DataFrame(
        {
            "model": ["tiny"] * 3 + ["other"],
            "dataset": ["verified"] * 4,
            "category": ["a", "a", "b", "a"],
            "valid": [True, False, True, True],
            "sampled": [False, False, True, False],
        }
    ).lazy()
    assert scores(table, "tiny", "verified") == [PublishedScore("a", 0.5, 2, False), PublishedScore("b", 1.0, 1, True)]
    assert scores(table, "tiny", "plus_fail_semantic") == []
    assert scores(None, "tiny", "verified") == []
    assert scores(table.drop("valid"), "tiny", "verified") == []
