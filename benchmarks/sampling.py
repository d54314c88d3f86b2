"""Draws prompts from a library of 16,394 APIs: seconds, memory, and how varied the draws are.

    python benchmarks/sampling.py [--apis 16394] [--prompts 10000] [--batch 100]

The library is made up: names, descriptions and parameters of the built-in functions, mixed anew by a seed, in sources
of 1 to 60 operations. Time and memory do not depend on what they mean.
"""

import argparse
import random
import resource
import time
from collections import Counter

from apigen_assets.catalog.importers.python_modules import import_python_package
from apigen_assets.domain.api import Api
from apigen_assets.functions.library import all_seeds
from apigen_assets.generation.generate import make_request
from apigen_assets.generation.library import Library
from apigen_assets.generation.samplers import Sampler
from apigen_assets.generation.shown_examples import from_seeds


def mixed(count: int, seed: int) -> list[Api]:
    """So many APIs out of parts of the built-in functions."""
    chance = random.Random(seed)
    base = list(import_python_package("apigen_assets.functions", "builtin", only_with="SEEDS").apis)
    words = sorted(
        {word for api in base for word in api.description.rstrip(".").split() if len(word) > 3 and word.isalpha()}
    )
    apis: list[Api] = []
    source, left = 0, 0
    while len(apis) < count:
        if not left:
            source, left = source + 1, chance.randint(1, 60)
        left -= 1
        one, other = chance.choice(base), chance.choice(base)
        properties = {**one.parameters["properties"], **other.parameters["properties"]}
        names = chance.sample(sorted(properties), min(len(properties), chance.randint(1, 8)))
        number = len(apis)
        apis.append(
            one.model_copy(
                update={
                    "api_id": f"{number:016x}",
                    "name": f"s{source}.{'_'.join(chance.sample(words, 2)).lower()[:40]}_{number}",
                    "description": f"{one.description} {' '.join(chance.sample(words, 12))}.",
                    "parameters": {
                        "type": "object",
                        "properties": {name: properties[name] for name in names},
                        "required": names[: chance.randint(1, len(names))],
                    },
                    "source": one.source.model_copy(update={"name": f"source-{source}"}),
                }
            )
        )
    return apis


def main() -> None:
    """Print the measurement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--apis", type=int, default=16_394)
    parser.add_argument("--prompts", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=100)
    options = parser.parse_args()
    table = Api.frame(mixed(options.apis, 0))
    text = table.write_ipc(None).getbuffer().nbytes
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start, used = time.perf_counter(), time.process_time()
    library = Library(table)
    own = [library.api(place) for place in range(min(options.batch, len(library)))]
    sampler = Sampler(own, from_seeds(all_seeds()), 1, "batch", library=library)
    built = time.perf_counter() - start
    several = mixed_sources = examples = characters = 0
    tools: Counter[str] = Counter()
    for index in range(options.prompts):
        draw = sampler.draw(index)
        request = make_request(draw, 5)
        characters += sum(len(message["content"]) for message in request.messages)
        several += len(draw.tools) > 1
        mixed_sources += len({api.source.name for api in draw.tools}) > 1
        examples += bool(draw.examples)
        tools.update(api.name for api in draw.tools)
    seconds, cpu = time.perf_counter() - start, time.process_time() - used
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{options.apis} APIs ({text / 2**20:.0f} MiB as a table), {options.prompts} prompts of a batch of {len(own)}"
    )
    print(f"index {built:.1f} s, prompts {seconds - built:.1f} s, together {seconds:.1f} s, {cpu:.1f} s of CPU")
    print(f"peak memory of the process {after:.0f} MiB, of which {before:.0f} MiB before the library was made")
    print(
        f"{mixed_sources / several:.0%} of the prompts with several tools mix sources; {len(tools)} APIs were offered"
    )
    print(
        f"{examples / options.prompts:.0%} show a fitting example; {characters / 4 / options.prompts:.0f} tokens each"
    )


if __name__ == "__main__":
    main()
