"""The match is stable, best for the students, the same every time, and agrees with published instances."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhixing.cultivation.matching import Place, match

# Published instances are not part of the product; they are looked for beside the checkout.
FOLDER = next(
    (
        found
        for parent in Path(__file__).resolve().parents
        if (found := parent / "shared" / "data" / "matching").is_dir()
    ),
    None,
)
needs_instances = pytest.mark.skipif(FOLDER is None, reason="the published matching instances are not here")


def blocking_pairs(
    choices: Mapping[Any, Sequence[Any]], posts: Mapping[Any, Place[Any]], found: Mapping[Any, Any]
) -> list[tuple[Any, Any]]:
    """Pairs that would both rather have one another than what they got."""
    holders: dict[Any, list[Any]] = {post: [s for s, got in found.items() if got == post] for post in posts}
    blocking = []
    for student, wanted in choices.items():
        for post in wanted:
            if found.get(student) == post:
                break
            place = posts.get(post)
            if place is None or student not in place.ranking:
                continue
            rank = list(place.ranking).index(student)
            worst = max((list(place.ranking).index(held) for held in holders[post]), default=-1)
            if place.capacity and (len(holders[post]) < place.capacity or rank < worst):
                blocking.append((student, post))
    return blocking


def feasible(choices: Any, posts: Any, found: Any) -> bool:
    full = all(list(found.values()).count(post) <= at.capacity for post, at in posts.items())
    return full and all(post in choices[s] and s in posts[post].ranking for s, post in found.items())


def all_stable(choices: Any, posts: Any) -> list[dict[Any, Any]]:
    """Every stable match, by trying all."""
    students = list(choices)
    stable = []
    for got in itertools.product(*[[None, *choices[student]] for student in students]):
        found = {student: post for student, post in zip(students, got, strict=True) if post is not None}
        if feasible(choices, posts, found) and not blocking_pairs(choices, posts, found):
            stable.append(found)
    return stable


@st.composite
def markets(draw: Any, students: int = 5, posts: int = 3) -> tuple[dict[int, list[str]], dict[str, Place[int]]]:
    names = [f"p{i}" for i in range(draw(st.integers(1, posts)))]
    number = draw(st.integers(1, students))

    def some(items: list[Any]) -> list[Any]:
        return draw(st.permutations(items))[: draw(st.integers(0, len(items)))]

    choices = {student: some(names) for student in range(number)}
    return choices, {name: Place(draw(st.integers(0, 3)), some(list(range(number)))) for name in names}


@given(markets(students=14, posts=6))
@settings(max_examples=150, deadline=None)
def test_nobody_is_left_apart_from_whom_they_would_rather_have(market: Any) -> None:
    choices, posts = market
    found = match(choices, posts)
    assert feasible(choices, posts, found)
    assert blocking_pairs(choices, posts, found) == []


@given(markets(students=4, posts=3))
@settings(max_examples=80, deadline=None)
def test_every_student_gets_the_best_that_any_stable_match_gives(market: Any) -> None:
    choices, posts = market
    found = match(choices, posts)
    for other in all_stable(choices, posts):
        for student, wanted in choices.items():
            if student in other:
                assert student in found and wanted.index(found[student]) <= wanted.index(other[student])
        # Rural hospitals: the same students are placed in every stable match.
        assert set(other) == set(found)


@given(markets(students=10, posts=4), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_rows_does_not_matter(market: Any, dice: Any) -> None:
    choices, posts = market
    shuffled = list(choices.items())
    dice.shuffle(shuffled)
    assert match(dict(shuffled), posts) == match(choices, posts)


def test_a_name_twice_counts_where_it_stands_first_and_strangers_count_for_nothing() -> None:
    posts = {"p": Place(1, ["b", "a", "b"]), "q": Place(1, ["a"])}
    assert match({"a": ["p", "p", "q", "gone"], "b": ["p"]}, posts) == {"a": "q", "b": "p"}


@needs_instances
def test_the_small_instance_of_the_literature() -> None:
    assert FOLDER is not None
    lines = (FOLDER / "hr1.txt").read_text().splitlines()
    residents, hospitals = map(int, lines[0].split())
    choices = {int(a): list(map(int, rest)) for a, *rest in (line.split() for line in lines[1 : residents + 1])}
    places = {}
    for line in lines[residents + 1 : residents + hospitals + 1]:
        number, capacity, *ranking = map(int, line.split())
        places[number] = Place(capacity, ranking)
    found = match(choices, places)
    # Everybody's first choice fits: hospital 1 takes two, hospital 2 one.
    assert found == {1: 1, 2: 2, 3: 1}
    assert blocking_pairs(choices, places, found) == []


@needs_instances
def test_a_large_instance_with_names_that_do_not_rank_one_another() -> None:
    assert FOLDER is not None
    told = json.loads((FOLDER / "issue_159.json").read_text())
    choices = {student: [str(post) for post in wanted] for student, wanted in told["residents"].items()}
    posts = {post: Place(1, [str(s) for s in ranking]) for post, ranking in told["hospitals"].items()}
    found = match(choices, posts)
    assert found and feasible(choices, posts, found)
    assert blocking_pairs(choices, posts, found) == []
    for capacity in (2, 3):
        wider = {post: Place(capacity, place.ranking) for post, place in posts.items()}
        more = match(choices, wider)
        assert blocking_pairs(choices, wider, more) == [] and len(more) >= len(found)
