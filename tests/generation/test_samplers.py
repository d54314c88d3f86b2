"""Draws: pure, extensible, balanced, with near distractors."""

from collections import Counter
from typing import Any

import jsonschema
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apigen_assets.catalog.importers.python_modules import import_python_package
from apigen_assets.domain.api import Api, PythonBinding, Source
from apigen_assets.domain.call import Call
from apigen_assets.domain.style import Style, style_of
from apigen_assets.files.canonical import dumps
from apigen_assets.functions.library import all_seeds
from apigen_assets.generation.library import Library
from apigen_assets.generation.prompts import WORDINGS
from apigen_assets.generation.samplers import MAX_TOOLS, Draw, Sampler
from apigen_assets.generation.shown_examples import ShownExample, from_seeds, make_example

WORDS = ["circle", "area", "sphere", "volume", "mean", "loan", "interest", "city", "date", "text", "prime", "number"]


def api(number: int, category: str = "Math") -> Api:
    return Api(
        api_id=f"id{number:03}",
        name=f"f{number}_{WORDS[number % len(WORDS)]}",
        description=f"Compute the {WORDS[number % len(WORDS)]} {WORDS[(number * 7) % len(WORDS)]}.",
        parameters={"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]},
        category=category,
        binding=PythonBinding(module="m", function=f"f{number}"),
        source=Source(name="s", file="f", format="python", content_hash="h", original_name=f"f{number}"),
    )


def example(number: int, style: Style) -> ShownExample:
    tools = 1 if style in (Style.SIMPLE, Style.PARALLEL) else 2
    calls = 1 if style in (Style.SIMPLE, Style.MULTIPLE) else 2
    names = [api(number).name, api(number + 1).name][:tools]
    return ShownExample(
        example_id=f"{style}{number}",
        style=style,
        query=f"query {number}",
        answers=[Call(name=names[i % tools], arguments={"x": i}) for i in range(calls)],
        tools=names,
        origin="seed",
    )


APIS = [api(number, "Math" if number % 2 else "Finance") for number in range(20)]
EXAMPLES = [example(number, style) for style in Style for number in range(6)]


def shape(draw: Draw) -> Any:
    return (
        draw.style,
        draw.wording.name,
        [one.name for one in draw.tools],
        draw.targets,
        [one.example_id for one in draw.examples],
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.text(max_size=20), st.integers(1, 20), st.randoms(use_true_random=False))
def test_a_draw_is_a_pure_function_of_seed_batch_and_index(seed: int, batch: str, count: int, rng: Any) -> None:
    apis, examples = APIS[:count], list(EXAMPLES)
    first = Sampler(apis, examples, seed, batch)
    shuffled = list(apis)
    rng.shuffle(shuffled)
    rng.shuffle(examples)
    second = Sampler(shuffled, examples, seed, batch)
    indices = list(range(12))
    rng.shuffle(indices)
    later = {index: shape(second.draw(index)) for index in indices}
    for index in range(12):
        assert shape(first.draw(index)) == later[index]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 20), st.integers(0, 500))
def test_every_draw_fits_its_style(seed: int, count: int, index: int) -> None:
    draw = Sampler(APIS[:count], EXAMPLES, seed, "b").draw(index)
    names = [one.name for one in draw.tools]
    assert len(set(names)) == len(names) <= MAX_TOOLS
    assert set(draw.targets) <= set(names)
    one_tool = draw.style in (Style.SIMPLE, Style.PARALLEL)
    assert (len(names) == 1) == one_tool
    calls = 1 if draw.style in (Style.SIMPLE, Style.MULTIPLE) else 2
    assert style_of(len(names), calls) is draw.style
    check_examples(draw)


def check_examples(draw: Draw) -> None:
    """What every prompt's examples promise."""
    names = [one.name for one in draw.tools]
    assert 1 <= len(draw.examples) <= 4
    assert len({one.example_id for one in draw.examples}) == len(draw.examples)
    assert any(call.name in draw.targets for call in draw.examples[0].answers)
    schemas = {one.name: one.parameters for one in draw.tools}
    for shown in draw.examples:
        assert shown.style is draw.style is style_of(len(shown.tools), len(shown.answers))
        assert shown.wording == draw.wording.name
        assert {call.name for call in shown.answers} <= set(names) == set(shown.tools)
        assert len({dumps(call.model_dump()) for call in shown.answers}) == len(shown.answers)
        for call in shown.answers:
            jsonschema.validate(call.arguments, schemas[call.name])


def test_seed_and_batch_change_the_draws() -> None:
    base = [shape(Sampler(APIS, EXAMPLES, 1, "b").draw(i)) for i in range(10)]
    assert base != [shape(Sampler(APIS, EXAMPLES, 2, "b").draw(i)) for i in range(10)]
    assert base != [shape(Sampler(APIS, EXAMPLES, 1, "c").draw(i)) for i in range(10)]


def test_every_api_is_a_target_once_per_round_and_every_style_and_wording_occurs() -> None:
    sampler = Sampler(APIS, EXAMPLES, 1, "b")
    draws = [sampler.draw(index) for index in range(400)]
    for start in range(0, 400, 20):
        single = [draw for draw in draws[start : start + 20]]
        assert {one.name for one in APIS} <= {name for draw in single for name in draw.targets}
    styles = Counter(draw.style for draw in draws)
    assert min(styles[style] for style in Style) > 50
    assert len({draw.wording.name for draw in draws}) == 6
    assert {draw.language for draw in draws} == {None}


def test_distractors_are_near() -> None:
    loans = [
        api(number).model_copy(update={"name": f"loan_{number}", "description": "Compute the payment of a loan."})
        for number in range(100, 106)
    ]
    sampler = Sampler([*APIS, *loans], EXAMPLES, 1, "b")
    near = total = 0
    for index in range(300):
        draw = sampler.draw(index)
        if draw.style is Style.MULTIPLE and draw.targets[0].startswith("loan_"):
            others = [one.name for one in draw.tools if one.name not in draw.targets]
            near += sum(name.startswith("loan_") for name in others)
            total += len(others)
    assert total > 20
    assert near / total > 0.7


def test_a_growing_pool_of_examples_changes_only_draws_that_show_a_new_one() -> None:
    before = Sampler(APIS, EXAMPLES, 1, "b")
    new = [example(4 + number, Style.SIMPLE) for number in range(2)]
    new = [one.model_copy(update={"example_id": f"new{i}", "wording": "plain"}) for i, one in enumerate(new)]
    pool = [one.model_copy(update={"wording": "plain"}) for one in EXAMPLES]
    before, after = Sampler(APIS, pool, 1, "b"), Sampler(APIS, pool + new, 1, "b")
    ids = {one.example_id for one in new}
    changed = 0
    for index in range(200):
        one, two = before.draw(index), after.draw(index)
        if ids & {shown.example_id for shown in two.examples}:
            changed += 1
        elif two.examples[0].origin != "built":
            assert shape(one) == shape(two)
    assert 0 < changed < 100


def test_one_api_alone_has_two_styles_and_with_a_library_all_four_at_once() -> None:
    alone = [Sampler(APIS[:1], [], 1, "b").draw(index) for index in range(8)]
    assert {draw.style for draw in alone} == {Style.SIMPLE, Style.PARALLEL}
    library = Library.of(APIS)
    draws = [Sampler(APIS[:1], [], 1, "b", library=library).draw(index) for index in range(4)]
    assert {draw.style for draw in draws} == set(Style)
    for draw in [*alone, *draws]:
        assert draw.targets[0] == APIS[0].name
        check_examples(draw)


def test_built_in_functions_never_lack_a_fitting_example() -> None:
    apis = list(import_python_package("apigen_assets.functions", "builtin", only_with="SEEDS").apis)
    sampler = Sampler(apis, from_seeds(all_seeds()), 20240626, "builtin")
    origins: Counter[str] = Counter()
    for index in range(2_000):
        draw = sampler.draw(index)
        check_examples(draw)
        origins.update(one.origin for one in draw.examples)
        assert not any(word in draw.examples[0].query.lower() for word in ("placeholder", "example value", "string1"))
    assert origins["seed"] > 500


def test_a_verified_row_of_an_earlier_round_is_shown_and_its_kin_are_named_as_asked() -> None:
    rows = [
        make_example(
            f"What is {x} ({wording.name})?",
            [Call(name=APIS[0].name, arguments={"x": x})],
            [APIS[0].name],
            "verified",
            wording.name,
        )
        for x in range(12)
        for wording in WORDINGS
    ]
    first = Sampler(APIS[:1], rows, 1, "b")
    second = Sampler(APIS[:1], rows, 1, "b", round_=2)
    draws = [second.draw(index) for index in range(12)]
    shown = [draw for draw in draws if draw.style is Style.SIMPLE]
    assert shown and all(draw.examples[0].origin == "verified" for draw in shown)
    for draw in draws:
        assert draw.asked and not set(draw.asked) & {one.query for one in draw.examples}
    assert all(first.draw(index).asked == () for index in range(12))
    assert [shape(draw) for draw in draws] != [shape(first.draw(index)) for index in range(12)]


def other_source(number: int) -> Api:
    base = api(number + 500)
    return base.model_copy(update={"source": base.source.model_copy(update={"name": f"other{number % 3}"})})


def test_rows_of_several_tools_mix_sources_and_a_pinned_library_outlives_what_comes_and_goes() -> None:
    others = [other_source(number) for number in range(60)]
    pinned = Library.of([*APIS, *others])
    draws = [Sampler(APIS, EXAMPLES, 1, "b", library=pinned).draw(index) for index in range(200)]
    several = [draw for draw in draws if len(draw.tools) > 1]
    mixed = [draw for draw in several if len({one.source.name for one in draw.tools}) > 1]
    assert len(mixed) / len(several) > 0.25
    assert {draw.targets[0] for draw in draws} == {one.name for one in APIS}
    again = Library(pl.concat([Api.frame(reversed(others)), Api.frame(APIS)]))
    assert again.version == pinned.version
    later = Sampler(list(reversed(APIS)), EXAMPLES, 1, "b", library=again)
    assert [shape(later.draw(index)) for index in range(200)] == [shape(draw) for draw in draws]
    assert Library.of([*APIS, *others[1:]]).version != pinned.version


def test_a_twin_of_another_source_is_not_offered_beside_the_target() -> None:
    def twin_of(one: Api, number: int) -> Api:
        source = one.source.model_copy(update={"name": f"other{number}"})
        return one.model_copy(update={"api_id": f"twin{number}", "name": f"{one.name}_{number}", "source": source})

    twins = [twin_of(one, number) for number, one in enumerate(APIS[:3])]
    sampler = Sampler(APIS[:3], EXAMPLES, 1, "b", library=Library.of([*APIS, *twins]))
    for index in range(120):
        draw = sampler.draw(index)
        beside = {f"{draw.targets[0]}_{number}" for number in range(3)}
        assert not beside & {one.name for one in draw.tools}
    alone = Sampler(APIS[:1], [], 1, "b", library=Library.of([APIS[0], twins[0]]))
    assert {alone.draw(index).style for index in range(4)} == set(Style)


def test_an_api_without_parameters_is_called_once_or_beside_others() -> None:
    bare = api(900).model_copy(update={"parameters": {"type": "object", "properties": {}}})
    draws = [Sampler([bare], [], 1, "b", library=Library.of([bare, *APIS])).draw(index) for index in range(60)]
    assert {draw.style for draw in draws} == set(Style) - {Style.PARALLEL}
    for draw in draws:
        check_examples(draw)
        assert draw.style is not Style.PARALLEL_MULTIPLE or len(draw.targets) > 1
    assert Sampler([bare], [], 1, "b").draw(0).style is Style.SIMPLE


def test_a_version_knows_what_models_see_and_nothing_else() -> None:
    same = [one.model_copy(update={"category": "Data"}) for one in APIS]
    edited = [APIS[0].model_copy(update={"description": "Other."}), *APIS[1:]]
    assert Library.of(same).version == Library.of(APIS).version != Library.of(edited).version


def test_languages_join_only_where_switched_on_and_known() -> None:
    sampler = Sampler(APIS, EXAMPLES, 1, "b", ["de", "es"])
    languages = Counter(sampler.draw(index).language for index in range(300))
    assert set(languages) == {None, "de", "es"}
    assert languages[None] > 200
    with pytest.raises(ValueError, match="APIGEN_LANGUAGES: xx unknown"):
        Sampler(APIS, EXAMPLES, 1, "b", ["xx"])
