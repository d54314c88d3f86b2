"""Only whole, unharmed checkpoints are gone on from."""

import pytest

from apigen_assets.training.checkpoints import damage, last_good, seal


def _checkpoint(folder, step, sealed=True):
    path = folder / f"checkpoint-{step}"
    (path / "global_step").mkdir(parents=True)
    (path / "global_step" / "states.pt").write_bytes(bytes(range(256)) * 64)
    (path / "trainer_state.json").write_text("{}")
    if sealed:
        seal(path)
    return path


def test_the_newest_good_one_is_taken_and_the_others_are_named(tmp_path):
    good = _checkpoint(tmp_path, 20)
    _checkpoint(tmp_path, 10)
    _checkpoint(tmp_path, 100, sealed=False)
    said = []
    assert last_good(tmp_path, said.append) == good
    assert said == ["skipping checkpoint-100: it is incomplete (the run stopped while it was written)"]
    assert not (tmp_path / "checkpoint-100").exists(), "the trainer would count it among those to keep"


def test_none_at_all_is_no_error(tmp_path):
    assert last_good(tmp_path / "none", print) is None


@pytest.mark.parametrize("harm", ["flip", "cut", "remove", "list"])
def test_harm_is_found_and_named(tmp_path, harm):
    path = _checkpoint(tmp_path, 5)
    file = path / "global_step" / "states.pt"
    assert damage(path) is None
    content = file.read_bytes()
    match harm:
        case "flip":
            file.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
        case "cut":
            file.write_bytes(content[:-1])
        case "remove":
            file.unlink()
        case "list":
            (path / "files.json").write_text("{")
    assert ("list" if harm == "list" else "states.pt") in damage(path)
