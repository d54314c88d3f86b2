"""generators.yaml: what is accepted, and that what is not says where and what to do."""

import subprocess
import sys
from pathlib import Path

import pytest

from apigen_assets.settings import Settings
from resources.llm.generators import (
    GeneratorsFileError,
    MissingKeyError,
    UnknownGeneratorError,
    catalog_name,
    find_generator,
    generator_names,
    generators,
    judge_names,
    load_generators,
)
from tests.helpers.paths import ROOT

GOOD = "generators:\n- name: a\n  base_url: http://127.0.0.1:9/v1\n  model: m\n"


def _file(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "generators.yaml"
    file.write_text(text)
    return file


def test_without_a_file_three_standins_serve_and_the_strongest_judges(tmp_path: Path) -> None:
    config = Settings(generators_file=tmp_path / "none.yaml")
    assert generator_names(config) == ["standin-small", "standin-medium", "standin-large"]
    assert judge_names(config) == ["standin-large"]
    assert all(one.is_standin for one in generators(config).values())


def test_the_example_holds_the_papers_four_switched_off_and_works_when_switched_on(tmp_path: Path) -> None:
    text = (ROOT / "generators.example.yaml").read_text()
    with pytest.raises(GeneratorsFileError, match="enabled: true"):
        load_generators(_file(tmp_path, text))
    found = load_generators(_file(tmp_path, text.replace("enabled: false", "enabled: true")))
    assert list(found)[:4] == [
        "deepseek-v2-chat",
        "mixtral-8x22b-inst",
        "mixtral-8x7b-inst",
        "deepseek-coder-33b-inst",
    ]
    assert set(found) >= {"openai", "openrouter", "vllm", "sglang", "llama-cpp", "ollama"}


def test_roles_say_what_a_model_is_used_for(tmp_path: Path) -> None:
    text = (
        "generators:\n"
        "- {name: a, base_url: 'http://127.0.0.1:9/v1', model: m, roles: [generate]}\n"
        "- {name: b, base_url: 'http://127.0.0.1:9/v1', model: n, roles: [judge, catalog]}\n"
    )
    config = Settings(generators_file=_file(tmp_path, text))
    assert (generator_names(config), judge_names(config), catalog_name(config)) == (["a"], ["b"], "b")
    assert catalog_name(Settings(generators_file=_file(tmp_path, GOOD))) == "a"
    only = GOOD + "  roles: [generate]\n"
    assert catalog_name(Settings(generators_file=_file(tmp_path, only))) is None, "nobody was given the role"
    for wrong, said in (
        ("roles: [write]", "some of generate, judge, catalog"),
        ("roles: [judge]\n  judge: true", "same"),
    ):
        with pytest.raises(GeneratorsFileError, match=said):
            load_generators(_file(tmp_path, GOOD + f"  {wrong}\n"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: expected one key"),
        ("generators: [", "line 1"),
        ("generators: 5", "must be a list"),
        ("generators: []", "must be a list"),
        ("models: []", "unknown key 'models'"),
        ("- a", "line 1: expected one key"),
        ("generators:\n- 5\n", "line 2: model 1 is not a mapping"),
        (GOOD + "  modl: m\n", "line 5: .*`modl`: is not a known key; known keys are name"),
        (GOOD + "  model: m2\n", "line 5: the key 'model' is given twice"),
        (GOOD + GOOD.removeprefix("generators:\n"), "line 5: the name 'a' is used twice"),
        (GOOD.replace("name: a", "name: a|b"), "line 2: .*cannot name a partition"),
        (GOOD.replace("name: a", "name: ../x"), "cannot name a partition"),
        (GOOD.replace("name: a", "name: Big"), "cannot name a partition"),
        (GOOD.replace("  model: m\n", ""), "`model`: is missing"),
        (GOOD + "  price:\n    input: -1\n", "line 6: .*`price.input`"),
        (GOOD + "  concurrency: many\n", "line 5: .*`concurrency`"),
        (GOOD + "  extra: {messages: []}\n", "messages is set by this program"),
        (GOOD.replace("http://", "ftp://"), "line 3: .*is not a base URL"),
        (GOOD.replace("http://", "http://user:pw@"), "without user, password"),
        (GOOD + "  timeout_s: .nan\n", "line 5"),
        ("? [a]\n: 1\n", "line 1"),
        ("generators: 2025-99-99", "not YAML"),
    ],
)
def test_a_malformed_file_is_refused_with_file_line_and_remedy(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(GeneratorsFileError, match=said) as caught:
        load_generators(_file(tmp_path, text))
    assert "generators.yaml" in str(caught.value)


def test_bytes_that_are_no_text_and_a_folder_are_refused(tmp_path: Path) -> None:
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (binary, tmp_path):
        with pytest.raises(GeneratorsFileError, match="cannot be read"):
            load_generators(path)


def test_a_pasted_key_is_refused_and_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(GeneratorsFileError) as caught:
        load_generators(_file(tmp_path, GOOD + "  api_key_variable: sk-secret-123\n"))
    assert "never the key" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_missing_key_variable_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("APIGEN_TEST_KEY", raising=False)
    one = load_generators(_file(tmp_path, GOOD + "  api_key_variable: APIGEN_TEST_KEY\n"))["a"]
    with pytest.raises(MissingKeyError, match="APIGEN_TEST_KEY, which is not set"):
        one.api_key()
    monkeypatch.setenv("APIGEN_TEST_KEY", " k1\n")
    assert one.api_key() == "k1"


def test_disabled_and_judge_only_models(tmp_path: Path) -> None:
    text = (
        GOOD
        + "- {name: j, base_url: 'standin:', model: standin-large, generate: false, judge: true}\n"
        + "- {name: spare, base_url: 'standin:', model: standin-small, enabled: false, judge: true}\n"
    )
    config = Settings(generators_file=_file(tmp_path, text))
    assert generator_names(config) == ["a"]
    assert judge_names(config) == ["j"]
    with pytest.raises(UnknownGeneratorError, match=r"no generator 'spare' is switched on in .*there are: a, j"):
        find_generator("spare", config)
    with pytest.raises(UnknownGeneratorError, match="no generator 'x'"):
        judge_names(config.model_copy(update={"judges": ("x",)}))


def test_no_judge_at_all_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnknownGeneratorError, match="judge: true"):
        judge_names(Settings(generators_file=_file(tmp_path, GOOD)))


def test_the_module_is_cheap_to_import() -> None:
    heavy = {"dagster", "openai", "torch", "transformers"}
    code = f"import sys, resources.llm.generators; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"
