"""Draws: pure, extensible, balanced, with near distractors."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apigen_assets.domain.api import Api, PythonBinding, Source
from apigen_assets.domain.call import Call
from apigen_assets.domain.style import Style, style_of
from apigen_assets.generation.samplers import MAX_TOOLS, Draw, Sampler
from apigen_assets.generation.shown_examples import ShownExample

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
    assert 1 <= len(draw.examples) <= 4
    assert len({one.example_id for one in draw.examples}) == len(draw.examples)


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
    new = [example(40 + number, Style.SIMPLE) for number in range(2)]
    after = Sampler(APIS, EXAMPLES + new, 1, "b")
    ids = {one.example_id for one in new}
    changed = 0
    for index in range(200):
        one, two = before.draw(index), after.draw(index)
        if not ids & {shown.example_id for shown in two.examples}:
            assert shape(one) == shape(two)
        else:
            changed += 1
    assert 0 < changed < 100


def test_without_examples_or_with_one_api_draws_still_work() -> None:
    for index in range(20):
        draw = Sampler(APIS[:1], [], 1, "b").draw(index)
        assert draw.style in (Style.SIMPLE, Style.PARALLEL)
        assert draw.examples == ()


def test_languages_join_only_where_switched_on_and_known() -> None:
    sampler = Sampler(APIS, EXAMPLES, 1, "b", ["de", "es"])
    languages = Counter(sampler.draw(index).language for index in range(300))
    assert set(languages) == {None, "de", "es"}
    assert languages[None] > 200
    with pytest.raises(ValueError, match="APIGEN_LANGUAGES: xx unknown"):
        Sampler(APIS, EXAMPLES, 1, "b", ["xx"])
