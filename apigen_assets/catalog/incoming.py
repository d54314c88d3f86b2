"""The watched folder: which sources lie in it, under which slug, and whether they changed. Nothing is opened."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from apigen_assets.catalog.importers.documents import ARCHIVES
from apigen_assets.catalog.importers.registry import OWN_ENDINGS
from apigen_assets.catalog.names import BUILTIN, slugify

DESCRIPTIONS = (".mcp.json", ".json", ".yaml", ".yml", ".url", *OWN_ENDINGS)
UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".download", ".filepart", ".swp", "~")
"""Endings that upload tools and editors give to files they still write."""

MAX_SLUG = 80
MAX_FILES = 200_000
"""Files counted in one dropped folder; more make no API source."""


class FolderError(ValueError):
    """An entry of the watched folder that cannot be a source, with what to do about it."""


@dataclass(frozen=True)
class Entry:
    """One dropped file or folder."""

    slug: str
    path: Path
    fingerprint: str
    """Changes when a file in it does (relative path, size, time of change, inode)."""
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
    """Fingerprint and newest change of a file or of everything in a folder; no content is read.

    Raises:
        FolderError: a link, or a folder with too many files.
        OSError: it went away or cannot be read.
    """
    if path.is_symlink():
        raise FolderError("a link: put the file itself here")
    if path.is_file():
        state = [("", *_state(path))]
    else:
        state = []
        for root, folders, files in os.walk(path):
            folders[:] = sorted(
                subfolder for subfolder in folders if not subfolder.startswith(".") and subfolder != "__pycache__"
            )
            here = Path(root)
            state.append((str(here.relative_to(path)), *_state(here)))
            for file in sorted(files):
                if not file.startswith(".") and not (here / file).is_symlink():
                    state.append((str((here / file).relative_to(path)), *_state(here / file)))
            if len(state) > MAX_FILES:
                raise FolderError(f"more than {MAX_FILES} files: drop the API descriptions only")
    digest = hashlib.sha256(repr([(name, size, mtime, inode) for name, size, mtime, inode, _ in state]).encode())
    return digest.hexdigest()[:16], max(changed for *_, changed in state)


def find(folder: Path, slug: str) -> Entry:
    """The dropped source of a slug.

    Raises:
        FolderError: there is none, or more than one.
    """
    listed = listing(folder)
    if slug in listed.entries:
        return listed.entries[slug]
    for name, reason in listed.problems.items():
        if slugify(stem(Path(name))) == slug:
            raise FolderError(f"{folder / name}: {reason}")
    raise FolderError(f"no source {slug!r} in {folder}: put its file or folder there, or remove the partition")


def _state(path: Path) -> tuple[int, int, int, float]:
    """Size, time, inode; a folder counts by its own time only, so that removed files show."""
    stat = path.stat()
    size = 0 if path.is_dir() else stat.st_size
    return size, stat.st_mtime_ns, stat.st_ino, max(stat.st_mtime, stat.st_ctime)
