"""Files are whole or not there, whatever stops their writer."""

import pytest

from apigen_assets.files.atomic import whole_file, write_text


def test_a_file_is_there_when_the_block_ends(tmp_path):
    path = tmp_path / "new" / "file.txt"
    with whole_file(path) as file:
        file.write("Zürich\n")
        file.flush()
        assert not path.exists()
    assert path.read_text(encoding="utf-8") == "Zürich\n"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_the_old_content_and_nothing_else(tmp_path, error):
    path = tmp_path / "file.txt"
    write_text(path, "old")
    with pytest.raises(error), whole_file(path) as file:
        file.write("half of the n")
        raise error
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_an_os_error(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OSError, match="file"):
        write_text(tmp_path / "file" / "below.txt", "y")
