"""Whether a server holds the model that is meant: some, like llama.cpp's, answer under any name with what they have.

It makes a message and decides nothing: what a server lists may be a path, an alias or a part of what it knows.
"""

import asyncio
from collections.abc import Sequence
from pathlib import PurePosixPath

from resources.llm.generator import Generator, MissingKeyError
from resources.llm.transport import Transport

_SHOWN = 5


def doubts(generators: Sequence[Generator]) -> list[str]:
    """A sentence for every model that its server does not list, and for models that one server may confuse.

    Args:
        generators: those that are about to be asked. Each address is asked once for its list, three seconds at most.
    """
    by_address: dict[str, list[Generator]] = {}
    for generator in generators:
        if not generator.is_standin and generator not in by_address.setdefault(generator.base_url, []):
            by_address[generator.base_url].append(generator)
    said = []
    for address, here in by_address.items():
        listed = _listed(here[0])
        models = list(dict.fromkeys(generator.model for generator in here))
        if listed:
            shown = ", ".join(listed[:_SHOWN]) + (f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else "")
            said += [
                f"{address} says that it serves {shown}, not {generator.model!r}: if it answers all the same, what "
                f"{generator.name!r} writes or judges is another model's. Correct `model` in generators.yaml, or start "
                "the server with that model"
                for generator in here
                if not any(_is(generator.model, name) for name in listed)
            ]
        elif len(models) > 1:
            said.append(
                f"{' and '.join(map(repr, models))} are both asked at {address}, which does not say what it serves: a "
                "server with one model loaded answers under every name, and a model then judges what it wrote itself"
            )
    return said


def _listed(generator: Generator) -> list[str]:
    try:
        key = generator.api_key()
    except MissingKeyError:
        return []
    return asyncio.run(_ask(generator, key))


async def _ask(generator: Generator, key: str | None) -> list[str]:
    transport = Transport(generator, generator.base_url, key)
    try:
        return await transport.models()
    finally:
        await transport.close()


def _is(model: str, listed: str) -> bool:
    """Whether a listed name means a model: the same, with a tag that was left out, or a file of that name."""
    wanted, name = model.casefold(), listed.casefold()
    file = PurePosixPath(name.replace("\\", "/")).name
    return wanted in (name, file, file.removesuffix(".gguf"), name.removesuffix(":latest"))
