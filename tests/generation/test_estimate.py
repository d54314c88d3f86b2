"""`apigen estimate`: what a run would cost, from the very prompts it would send."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from apigen_assets.catalog.filters.categories import classify
from apigen_assets.catalog.filters.rewriting import rewrite
from apigen_assets.catalog.importers.python_modules import import_python_package
from apigen_assets.cli.main import app
from apigen_assets.functions.library import all_seeds
from apigen_assets.generation.estimate import estimate_catalog, estimate_generation
from apigen_assets.generation.generate import generate
from apigen_assets.generation.shown_examples import from_seeds
from apigen_assets.settings import Settings, settings
from resources.llm.client import ChatClient
from resources.llm.generators import Generator, generators
from tests.helpers.chat_server import ChatServer


def test_the_estimate_meets_what_the_run_then_uses(tmp_path: Path) -> None:
    apis = list(import_python_package("apigen_assets.functions", "builtin", only_with="SEEDS").apis)[:30]
    examples = from_seeds(all_seeds())
    one = generators()["standin-large"]
    with ChatClient(generators(), tmp_path) as chat:
        before = estimate_generation({"b": apis}, examples, one, lambda _: 150, 5, 1, chat)
        made = generate(apis, examples, "standin-large", "b", 150, chat, seed=1)
        after = estimate_generation({"b": apis}, examples, one, lambda _: 150, 5, 1, chat)
    assert before.requests == 30
    assert before.journalled == 0
    assert before.prompt_tokens == pytest.approx(made.prompt_tokens, rel=0.1)
    assert before.completion_tokens == pytest.approx(made.completion_tokens, rel=0.5)
    assert (after.journalled, after.prompt_tokens, after.completion_tokens) == (30, 0, 0)


def test_the_command_shows_every_generator_and_spends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "generators.yaml"
    file.write_text(
        "generators:\n- name: paid\n  base_url: http://127.0.0.1:9/v1\n  model: m\n  judge: true\n"
        "  api_key_variable: NOT_SET_ANYWHERE\n  price: {input: 2, output: 10}\n"
    )
    monkeypatch.setenv("APIGEN_GENERATORS_FILE", str(file))
    settings.cache_clear()
    done = CliRunner().invoke(app, ["estimate", "--target", "100"])
    assert done.exit_code == 0, done.output
    assert "paid" in done.output
    assert "judge" in done.output
    total = float(done.output.split("Total ")[1].split(" ")[0])
    assert 0.2 < total < 5
    assert "reword" not in done.output
    monkeypatch.setenv("APIGEN_RELEVANCE_REWORDING", "1")
    settings.cache_clear()
    with_rewording = CliRunner().invoke(app, ["estimate", "--target", "100"]).output
    assert "reword" in with_rewording
    assert float(with_rewording.split("Total ")[1].split(" ")[0]) > total
    done = CliRunner().invoke(app, ["estimate", "--generator", "none"])
    assert done.exit_code == 1
    assert "no generator 'none'" in done.output
    file.write_text("generators: [")
    done = CliRunner().invoke(app, ["estimate"])
    assert done.exit_code == 1
    assert "line 1" in done.output
    done = CliRunner().invoke(app, ["estimate", "--target", "-1"])
    assert done.exit_code == 2


def test_stand_ins_are_asked_for_more_since_they_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("APIGEN_CANDIDATES_PER_PARTITION", raising=False)
    default, chosen = Settings(), Settings(candidates_per_partition=30)
    assert (default.candidates(100, False), default.candidates(100, True)) == (750, 2_000)
    assert default.candidates(2, True) == 50, "a batch of few APIs would only repeat itself"
    assert (chosen.candidates(100, False), chosen.candidates(100, True)) == (30, 30)


def test_the_catalogs_requests_are_those_that_it_sends(tmp_path: Path) -> None:
    apis = [
        api.model_copy(update={"description": "<b>See</b> https://x.example/docs for more"}) if n < 7 else api
        for n, api in enumerate(
            import_python_package("apigen_assets.functions", "builtin", only_with="SEEDS").apis[:30]
        )
    ]
    with ChatServer() as server:
        config = Generator(name="g", base_url=server.url, model="m", concurrency=8)
        with ChatClient({"g": config}, tmp_path) as chat:
            before = estimate_catalog({"own": apis, "builtin": apis[:3]}, config, chat, {})
            rewritten = rewrite(apis, chat, "g")
            classify(rewritten.apis, chat, "g")
            classify(apis[:3], chat, "g")
            assert [row.purpose for row in before] == ["document", "classify"]
            assert sum(row.requests for row in before) == len(server.bodies)
            assert before[0].requests == len(rewritten.noisy) >= 7
            assert all(row.journalled == 0 and row.prompt_tokens > 0 and row.seconds > 0 for row in before)
            after = estimate_catalog({"own": apis, "builtin": apis[:3]}, config, chat, {})
    assert [(row.journalled, row.prompt_tokens, row.completion_tokens) for row in after] == [
        (row.requests, 0, 0) for row in before
    ]


def test_a_budget_that_will_not_do_is_said_before_anything_is_paid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "generators.yaml"
    file.write_text(
        "generators:\n- {name: paid, base_url: 'http://127.0.0.1:9/v1', model: m, judge: true, price: {output: 10}}\n"
    )
    monkeypatch.setenv("APIGEN_GENERATORS_FILE", str(file))
    monkeypatch.setenv("APIGEN_HOME", str(tmp_path / "home"))
    for name, said in (
        ("APIGEN_MONEY_BUDGET", "0.01 USD for a run"),
        ("APIGEN_TOTAL_MONEY_BUDGET", "0.01 USD, of which 0.00 are spent"),
        ("APIGEN_TOTAL_TOKEN_BUDGET", "1 tokens, of which 0 are spent"),
    ):
        monkeypatch.setenv(name, "1" if "TOKEN" in name else "0.01")
        settings.cache_clear()
        done = CliRunner().invoke(app, ["estimate", "--target", "50"])
        assert done.exit_code == 0, done.output
        assert said in done.output.replace("\n", " ")
        assert "classify" in done.output
        assert "a guess" in done.output
        monkeypatch.delenv(name)
    settings.cache_clear()
