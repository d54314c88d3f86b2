"""The sources of the soak: what lies in the watched folder, and what should become of it."""

import random
from dataclasses import dataclass
from pathlib import Path

_FUNCTIONS = {
    "trunk_volume": ("diameter: float, height: float", "Estimate the volume of a {thing} as a cylinder.", (
        ("diameter", "Diameter in metres."), ("height", "Height in metres.")),
        "round(3.14159265 * (diameter / 2) ** 2 * height, 4)"),
    "rows_across": ("length: float, spacing: float = 2.0", "Count the rows of a {thing} that fit into a field.", (
        ("length", "Length of the field in metres."), ("spacing", "Distance between rows in metres.")),
        "int(length // max(spacing, 0.1)) + 1"),
    "price_of": ("count: int, price: float", "Compute the total price of some pieces of {thing}.", (
        ("count", "Number of pieces."), ("price", "Price of one piece in euros.")),
        "round(count * price, 2)"),
    "share_of": ("part: float, whole: float", "Compute which share of a {thing} a part is, in percent.", (
        ("part", "Size of the part in litres."), ("whole", "Size of the whole in litres.")),
        "round(100 * part / max(whole, 0.001), 3)"),
}  # fmt: skip
_THINGS = ("tree", "barrel", "fence", "vineyard", "silo", "pond", "orchard", "hedge", "tank", "meadow")
_BROKEN = {
    ".py": "def broken(:\n    return\n",
    ".json": '{"openapi": "3.0.0", "paths": {"/a": ',
    ".yaml": "openapi: 3.0.3\ninfo: {title: Nothing, version: '1'}\npaths: {}\n",
    ".txt": "not a source at all\n",
}


@dataclass
class Source:
    """One file of the folder."""

    name: str
    """Of the file, with its ending."""
    version: int
    good: bool

    @property
    def slug(self) -> str:
        """The partition key that it gets."""
        return self.name.rpartition(".")[0].replace("_", "-")

    def functions(self) -> list[str]:
        """Names of the functions that the file defines in its present version."""
        start = self.version % len(_FUNCTIONS)
        names = [*_FUNCTIONS, *_FUNCTIONS][start : start + 2]
        return [f"{name}_v{self.version}" for name in names]

    def text(self) -> str:
        """The file's content."""
        if not self.good:
            return _BROKEN[Path(self.name).suffix]
        thing = _THINGS[sum(self.name.encode()) % len(_THINGS)]
        parts = [f'"""Measures of a {thing}."""\n']
        for function in self.functions():
            parameters, about, arguments, value = _FUNCTIONS[function.rpartition("_v")[0]]
            lines = [f"        {name}: {said}" for name, said in arguments]
            parts.append(
                f'\n\ndef {function}({parameters}) -> float:\n    """{about.format(thing=thing)}\n\n    Args:\n'
                + "\n".join(lines)
                + f'\n    """\n    return {value}\n'
            )
        return "".join(parts)


class Sources:
    """What lies in the watched folder, changed at random."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.present: list[Source] = []
        self.gone: set[str] = set()
        self._count = 0

    def something(self, rng: random.Random) -> str:
        """Do one thing to the folder, and say what."""
        good = [source for source in self.present if source.good]
        bad = [source for source in self.present if not source.good and source.name.endswith(".py")]
        actions = ["drop"] * 5 + ["drop-bad"] * 2
        actions += ["change", "change", "rename", "remove", "break"] if len(good) > 4 else []
        actions += ["mend"] if bad else []
        match rng.choice(actions):
            case "change":
                source = rng.choice(good)
                source.version += 1
                return self._write("change", source)
            case "rename":
                source = rng.choice(good)
                old = source.name
                self.gone.add(source.slug)
                self._count += 1
                source.name = f"renamed_{self._count}.py"
                (self.folder / old).rename(self.folder / source.name)
                return f"rename {old} to {source.name}"
            case "remove":
                source = rng.choice(good)
                self.present.remove(source)
                self.gone.add(source.slug)
                (self.folder / source.name).unlink()
                return f"remove {source.name}"
            case "break":
                source = rng.choice(good)
                source.good = False
                return self._write("break", source)
            case "mend":
                source = rng.choice(bad)
                source.good, source.version = True, source.version + 1
                return self._write("mend", source)
            case "drop-bad":
                return self._drop(rng.choice(list(_BROKEN)), good=False)
            case _:
                return self._drop(".py", good=True)

    def _drop(self, ending: str, good: bool) -> str:
        self._count += 1
        source = Source(f"source_{self._count}{ending}", 1, good)
        self.present.append(source)
        return self._write("drop" if good else "drop-bad", source)

    def _write(self, what: str, source: Source) -> str:
        try:
            (self.folder / source.name).write_text(source.text())
        except OSError as error:
            raise RuntimeError(f"the soak cannot write its own sources: {error}") from error
        return f"{what} {source.name} (version {source.version})"
