"""What the documents name exists, and the picture of the architecture is the one of this code."""

import re
import subprocess
import sys
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.helpers.paths import ROOT

DOCUMENTS = sorted(path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
PATH = re.compile(r"`((?:apigen_assets|resources|sensors|tests|docs|benchmarks|deploy)/[\w./-]*)`")
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_and_link_of_a_document_leads_somewhere(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    missing = [path for path in PATH.findall(text) if not (ROOT / path).exists()]
    missing += [link for link in LINK.findall(text) if not ((ROOT / document).parent / link).exists()]
    assert not missing


def test_the_picture_of_the_architecture_shows_the_imports_as_they_are() -> None:
    done = subprocess.run(
        [sys.executable, "docs/architecture.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_dependency_has_a_version_in_the_lock_that_fits_it() -> None:
    """A dependency that was added without `make lock` would be installed in whatever version is newest that day."""
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    locked: dict[str, list[Requirement]] = {}
    for line in lines:
        if line and not line.startswith("#"):
            pinned = Requirement(line.split("  #")[0].strip())
            locked.setdefault(canonicalize_name(pinned.name), []).append(pinned)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    wrong = []
    for requirement in map(Requirement, wanted):
        pins = locked.get(canonicalize_name(requirement.name), [])
        versions = [str(pin.specifier).removeprefix("==") for pin in pins]
        if requirement.name != "torch" and not any(requirement.specifier.contains(version) for version in versions):
            wrong.append(f"{requirement}: the lock has {', '.join(versions) or 'nothing'}; run `make lock`")
    assert not wrong


def test_the_lock_names_no_place_to_install_from() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert not re.search(r"://|^-|file:|\.whl| @ ", text, re.MULTILINE)
