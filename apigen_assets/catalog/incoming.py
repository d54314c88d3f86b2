"""The watched folder: which sources lie in it, under which slug, and whether they changed."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from apigen_assets.catalog.importers.documents import ARCHIVES
from apigen_assets.catalog.importers.registry import OWN_ENDINGS
from apigen_assets.catalog.names import BUILTIN, slugify
from apigen_assets.files.canonical import content_hash

DESCRIPTIONS = (".mcp.json", ".json", ".jsonc", ".yaml", ".yml", ".toml", ".url", *OWN_ENDINGS)
UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".download", ".filepart", ".swp", "~")
"""Endings that upload tools and editors give to files they still write."""

MAX_SLUG = 80
MAX_FILES = 200_000
"""Files counted in one dropped folder; more make no API source."""


class FolderError(ValueError):
    """An entry of the watched folder that cannot be a source, with what to do about it."""


class NoSourceError(FolderError):
    """A source that is not, or not any more, in the watched folder."""


@dataclass(frozen=True)
class Entry:
    """One dropped file or folder."""

    slug: str
    path: Path
    fingerprint: str
    """Hash of its files' relative paths and contents: the same wherever it was copied or restored to."""
    changed_at: float
    """The newest change in it, as seconds since the epoch (file system time)."""


@dataclass(frozen=True)
class Listing:
    """What the folder holds: sources by slug, and what cannot be one, with the reason."""

    entries: dict[str, Entry]
    problems: dict[str, str]
    """File name to reason."""

    @property
    def slugs_in_question(self) -> set[str]:
        """Slugs of the entries that have a problem."""
        return {slugify(stem(Path(name))) for name in self.problems}


def stem(path: Path) -> str:
    """The name without the endings that tell the format: `tools.tar.xz` is `tools`, `x.mcp.json` is `x`."""
    lower = path.name.lower()
    for ending in (*ARCHIVES, *DESCRIPTIONS):
        if lower.endswith(ending) and len(lower) > len(ending):
            return path.name[: -len(ending)]
    return path.name


def slug_of(path: Path) -> str:
    """The slug of a file or folder name.

    Raises:
        FolderError: the name gives none, or one that is reserved or too long.
    """
    slug = slugify(stem(path))
    if not slug:
        raise FolderError("the name has no letter or digit of a-z, 0-9: rename it")
    if slug == BUILTIN:
        raise FolderError(f"{BUILTIN!r} is the name of the built-in functions: rename it")
    if len(slug) > MAX_SLUG:
        raise FolderError(f"the name gives a slug of {len(slug)} characters, more than {MAX_SLUG}: shorten it")
    return slug


def listing(folder: Path) -> Listing:
    """Everything in the folder, bad entries apart from good ones; a folder that does not exist is empty.

    Two names with one slug are both problems, since neither has a better right to it.
    """
    entries: dict[str, Entry] = {}
    problems: dict[str, str] = {}
    owners: dict[str, list[str]] = {}
    try:
        names = sorted(os.listdir(folder))
    except FileNotFoundError:
        return Listing({}, {})
    for name in names:
        path = folder / name
        lower = name.lower()
        if name.startswith(".") or lower.endswith(UNFINISHED) or name == "__pycache__":
            continue
        if not path.is_dir() and not lower.endswith((*ARCHIVES, *DESCRIPTIONS)):
            problems[name] = f"unknown ending; known are {', '.join((*DESCRIPTIONS, *ARCHIVES))}"
            continue
        try:
            slug = slug_of(path)
            fingerprint, changed_at = fingerprint_of(path)
        except (FolderError, OSError) as error:
            problems[name] = str(error)
            continue
        owners.setdefault(slug, []).append(name)
        entries[slug] = Entry(slug, path, fingerprint, changed_at)
    for slug, same in owners.items():
        if len(same) > 1:
            del entries[slug]
            for name in same:
                rivals = ", ".join(rival for rival in same if rival != name)
                problems[name] = f"the same slug {slug!r} as {rivals}: rename one of them"
    return Listing(entries, problems)


def fingerprint_of(path: Path) -> tuple[str, float]:
    """Fingerprint and newest change of a file or of everything in a folder.

    A file is read once, and again when its size, time of change or inode is another.

    Raises:
        FolderError: a link, or a folder with too many files.
        OSError: it went away or cannot be read.
    """
    if path.is_symlink():
        raise FolderError("a link: put the file itself here")
    if path.is_file():
        contents = [("", _content(path))]
        changed_at = _changed_at(path)
    else:
        contents = []
        changed_at = 0.0
        for root, folders, files in os.walk(path):
            folders[:] = sorted(
                subfolder for subfolder in folders if not subfolder.startswith(".") and subfolder != "__pycache__"
            )
            here = Path(root)
            kept = [here / file for file in sorted(files) if not file.startswith(".")]
            kept = [file for file in kept if not file.is_symlink()]
            if len(contents) + len(kept) > MAX_FILES:
                raise FolderError(f"more than {MAX_FILES} files: drop the API descriptions only")
            contents += [(file.relative_to(path).as_posix(), _content(file)) for file in kept]
            changed_at = max([changed_at, *map(_changed_at, [here, *kept])])
    return content_hash(sorted(contents)), changed_at


def find(folder: Path, slug: str) -> Entry:
    """The dropped source of a slug.

    Raises:
        NoSourceError: there is none.
        FolderError: there is more than one, or one that cannot be used.
    """
    listed = listing(folder)
    if slug in listed.entries:
        return listed.entries[slug]
    for name, reason in listed.problems.items():
        if slugify(stem(Path(name))) == slug:
            raise FolderError(f"{folder / name}: {reason}")
    raise NoSourceError(f"no source {slug!r} in {folder}: put its file or folder there, or remove the partition")


_contents: dict[Path, tuple[tuple[int, int, int], str]] = {}
"""What was read before: a file's size, time and inode, and its hash."""


def _content(path: Path) -> str:
    stat = path.stat()
    state = (stat.st_size, stat.st_mtime_ns, stat.st_ino)
    known = _contents.get(path)
    if known is not None and known[0] == state:
        return known[1]
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if len(_contents) > 2 * MAX_FILES:
        _contents.clear()
    _contents[path] = (state, digest)
    return digest


def _changed_at(path: Path) -> float:
    stat = path.stat()
    return max(stat.st_mtime, stat.st_ctime)
