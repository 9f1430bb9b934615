"""The allocation is the best there is, keeps every rule, says why, and moves as few as possible after an appeal."""

from __future__ import annotations

import itertools
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhixing.practice.solving import flow
from zhixing.practice.solving.again import solve_again
from zhixing.practice.solving.explain import explain, prices
from zhixing.practice.solving.problem import (
    UNIT,
    Applicant,
    Base,
    Point,
    Post,
    Problem,
    ProblemError,
    Share,
    Team,
    Weights,
    ranked,
    scored,
)
from zhixing.practice.solving.solve import allocate
from zhixing.practice.solving.table import Table
from zhixing.practice.solving.thumb import first_come

HAIKOU, SANYA = Point(110.33, 20.03), Point(109.51, 18.25)


def people(**choices: str) -> tuple[Applicant, ...]:
    """a="p q" is an applicant a who wants p, then q."""
    return tuple(Applicant(code, ranked(wanted.split())) for code, wanted in choices.items())


def allowed(problem: Problem, assigned: Mapping[str, str]) -> bool:
    """Every rule, checked by itself and not with the solver's own means."""
    counts = Counter(assigned.values())
    bases = Counter(problem.post[post].base for post in assigned.values())
    fixed_posts = set(problem.fixed.values())
    for code, post in assigned.items():
        if problem.fixed.get(code) == post:
            continue
        row, at = problem.applicant[code], problem.post[post]
        if (code, post) in problem.forbidden or at.requires - row.has or (at.majors and row.major not in at.majors):
            return False
        if at.ranking is not None and code not in at.ranking:
            return False
        if not row.anywhere and post not in {choice.post for choice in row.choices}:
            return False
    if any(assigned.get(code) != post for code, post in problem.fixed.items()):
        return False
    for post in problem.posts:
        if counts[post.code] > post.capacity:
            return False
        if 0 < counts[post.code] < post.minimum and post.code not in fixed_posts:
            return False
        if post.shares and not numbers_kept(problem, post, assigned):
            return False
    for base in problem.bases:
        if base.capacity is not None and bases[base.code] > base.capacity:
            return False
        held = any(problem.post[post].base == base.code for post in fixed_posts)
        if 0 < bases[base.code] < base.minimum and not held:
            return False
    for team in problem.teams:
        own = [problem.post[post].base for code, post in assigned.items() if problem.applicant[code].team == team.code]
        if (team.students is not None and len(own) > team.students) or (
            team.bases is not None and len(set(own)) > team.bases
        ):
            return False
    return True


def numbers_kept(problem: Problem, post: Post, assigned: Mapping[str, str]) -> bool:
    """No major beyond its most, and what is kept for one is not given to another; what is fixed comes first."""
    at = [code for code, chosen in assigned.items() if chosen == post.code]
    fixed = Counter(problem.applicant[code].major for code in at if code in problem.fixed)
    free = Counter(problem.applicant[code].major for code in at if code not in problem.fixed)
    kept = {row.major: max(row.kept - fixed[row.major], 0) for row in post.shares}
    for row in post.shares:
        if row.most is not None and free[row.major] > max(row.most - fixed[row.major], 0):
            return False
    beside = sum(max(number - kept.get(major, 0), 0) for major, number in free.items())
    return beside <= max(post.capacity - fixed.total() - sum(kept.values()), 0)


def everything(problem: Problem) -> list[dict[str, str]]:
    """Every allowed allocation, by trying all."""
    options: list[list[str | None]] = []
    for row in problem.applicant.values():
        fixed = problem.fixed.get(row.code)
        wanted = [choice.post for choice in row.choices if choice.post in problem.post]
        options.append([fixed] if fixed else [None, *wanted])
    found = []
    for picks in itertools.product(*options):
        assigned = {code: post for code, post in zip(problem.applicant, picks, strict=True) if post is not None}
        if allowed(problem, assigned):
            found.append(assigned)
    return found


def whole(problem: Problem, assigned: Mapping[str, str]) -> int:
    return Table(problem).total(assigned) + round(UNIT * problem.weights.unplaced) * (
        len(problem.applicants) - len(assigned)
    )


def shared(kept: int, most: int, others: int) -> tuple[Share, ...]:
    """Numbers of a post for the two majors of the made-up problems."""
    return (Share("m0", kept, most), Share("m1", others))


@st.composite
def problems(draw: Any, rules: bool = True, people_most: int = 5) -> Problem:
    posts = [f"p{i}" for i in range(draw(st.integers(1, 4)))]
    bases = ["b0", "b1"]
    points = st.sampled_from([None, HAIKOU, SANYA, Point(109.9, 19.2)])
    rows = []
    for i in range(draw(st.integers(1, people_most))):
        wanted = draw(st.permutations(posts))[: draw(st.integers(0, len(posts)))]
        team = draw(st.sampled_from(["t0", "t1"])) if rules else ""
        has = draw(st.frozensets(st.sampled_from(["licence", "adult"])))
        rows.append(Applicant(f"a{i}", ranked(wanted), f"m{i % 2}", draw(points), has, team))
    names = [row.code for row in rows]
    there = []
    for code in posts:
        capacity = draw(st.integers(0, 3))
        there.append(
            Post(
                code,
                capacity,
                draw(st.integers(0, min(capacity, 2))) if rules else 0,
                draw(st.sampled_from([None, tuple(draw(st.permutations(names)))])),
                draw(st.sampled_from(bases)),
                draw(points),
                requires=draw(st.sampled_from([frozenset(), frozenset({"licence"})])),
                shares=draw(st.sampled_from([(), (), shared(0, 1, min(capacity, 1)), shared(min(capacity, 1), 2, 0)])),
            )
        )
    return Problem(
        tuple(rows),
        tuple(there),
        tuple(Base(code, draw(st.sampled_from([None, 2])), draw(st.integers(0, 3)) if rules else 0) for code in bases),
        (Team("t0", draw(st.sampled_from([None, 1, 2])), draw(st.sampled_from([None, 1]))), Team("t1"))
        if rules
        else (),
        forbidden=frozenset({("a0", "p0")}) if draw(st.booleans()) else frozenset(),
        weights=Weights(wanted=draw(st.sampled_from([0.0, 1.5]))),
    )


@given(problems())
@settings(max_examples=120, deadline=None)
def test_nothing_allowed_is_better(problem: Problem) -> None:
    result = allocate(problem)
    assert result.optimal and allowed(problem, result.assigned)
    assert whole(problem, result.assigned) == min(whole(problem, other) for other in everything(problem))
    assert result.bound == pytest.approx(result.objective, abs=0.002)
    assert set(result.assigned) | set(result.unassigned) == set(problem.applicant)


@given(problems(people_most=7), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_rows_does_not_matter(problem: Problem, dice: Any) -> None:
    rows, posts = list(problem.applicants), list(problem.posts)
    dice.shuffle(rows)
    dice.shuffle(posts)
    mixed = replace(problem, applicants=tuple(rows), posts=tuple(posts))
    assert allocate(mixed).assigned == allocate(problem).assigned


@given(problems(rules=False))
@settings(max_examples=80, deadline=None)
def test_the_price_of_a_first_choice_is_what_solving_with_it_costs_more(problem: Problem) -> None:
    result = allocate(problem)
    told = prices(problem, result)
    for code, explanation in explain(problem, result).items():
        dear = explanation.choices[0] if explanation.choices else None
        barred = dear is None or dear.code in {"given", "closed", "forbidden", "requires", "not_named"}
        if barred or code not in told:
            assert code not in told or not barred
            continue
        assert dear is not None
        forced = allocate(replace(problem, forced=frozenset({(code, dear.post)})))
        more = (whole(problem, forced.assigned) - whole(problem, result.assigned)) / UNIT
        assert told[code] == pytest.approx(more) and more >= 0


@given(problems(people_most=6))
@settings(max_examples=50, deadline=None)
def test_rules_of_thumb_keep_every_rule_and_never_claim_the_best(problem: Problem) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flow, "available", lambda: False)
        result = allocate(problem)
    assert allowed(problem, result.assigned) and not result.optimal and result.bound is None


def test_a_machine_without_the_solver_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    assert flow.available()
    monkeypatch.setitem(sys.modules, "ortools.graph.python.min_cost_flow", None)
    assert not flow.available()


def test_the_way_home_counts() -> None:
    near, far = Post("near", 1, at=HAIKOU), Post("far", 1, at=SANYA)
    rows = (
        Applicant("north", ranked(["far", "near"]), home=HAIKOU),
        Applicant("south", ranked(["far", "near"]), home=SANYA),
    )
    problem = Problem(rows, (near, far))
    assert allocate(problem).assigned == {"north": "near", "south": "far"}
    assert HAIKOU.km(SANYA) == pytest.approx(216, abs=3)
    # Where only wishes count, both ways are as good.
    assert allocate(replace(problem, weights=Weights(km=0))).objective == 3
    lone = Problem((Applicant("n", ranked(["far", "near"]), home=HAIKOU),), (near, far))
    assert explain(lone, allocate(lone))["n"].choices[0].code == "dearer"


def test_a_post_below_its_minimum_is_not_opened_and_says_so() -> None:
    problem = Problem(people(a="p q", b="q"), (Post("p", 3, minimum=2), Post("q", 2)))
    result = allocate(problem)
    assert result.assigned == {"a": "q", "b": "q"}
    why = explain(problem, result)["a"]
    assert [row.code for row in why.choices] == ["minimum", "given"] and why.choices[0].detail["minimum"] == 2
    assert prices(problem, result) == {}
    # A lock outranks the minimum.
    locked = replace(problem, locked=frozenset({("a", "p")}))
    assert allocate(locked).assigned["a"] == "p" and explain(locked, allocate(locked))["a"].how == "locked"


def test_teachers_visit_no_more_bases_than_they_can() -> None:
    rows = tuple(replace(row, team="t") for row in people(a="p r", b="q r", c="r"))
    posts = (Post("p", 1, base="east"), Post("q", 1, base="west"), Post("r", 3, base="north"))
    problem = Problem(rows, posts, teams=(Team("t", bases=2),))
    result = allocate(problem)
    assert allowed(problem, result.assigned) and len(result.assigned) == 3 and result.optimal
    missed = "a" if result.assigned["a"] == "r" else "b"
    assert explain(problem, result)[missed].choices[0].code == "visits"


def test_no_major_is_left_behind_where_fairness_counts() -> None:
    # Taken by the sum, both ways are equal: two first and two third, or four second choices of two majors.
    rows = tuple(
        replace(row, major=major)
        for row, major in zip(people(a="p x q", b="p x q", c="q x p", d="q x p"), ["m", "n", "m", "m"], strict=True)
    )
    posts = (Post("p", 1), Post("q", 2), Post("x", 1))
    fair = allocate(Problem(rows, posts, weights=Weights(fairness=2.0)))
    assert fair.worst_major is not None and fair.optimal
    best = min(
        max(sum(_at(rows, found, code) for code in codes) / len(codes) for codes in (["a", "c", "d"], ["b"]))
        for found in everything(Problem(rows, posts))
        if len(found) == 4
    )
    assert fair.worst_major[1] == pytest.approx(best) == pytest.approx(4 / 3)


def _at(rows: tuple[Applicant, ...], found: Mapping[str, str], code: str) -> float:
    row = next(row for row in rows if row.code == code)
    return next(choice.position for choice in row.choices if choice.post == found[code])


def test_why_names_places_holders_and_rules() -> None:
    rows = (
        *people(a="p", b="p q", c="p z"),
        Applicant("d", ranked(["s", "p"])),
        Applicant("e"),
        Applicant("f", ranked(["p"]), anywhere=True),
    )
    posts = (
        Post("p", 1, ranking=("a", "b", "c", "d", "f")),
        Post("q", 1),
        Post("s", 1, requires=frozenset({"licence"})),
        Post("t", 1),
    )
    problem = Problem(rows, posts)
    result = allocate(problem)
    why = explain(problem, result)
    assert result.assigned["b"] == "q" and why["b"].choices[0].code == "full"
    assert why["b"].choices[0].detail == {"places": 1, "by_position": {"1": 1}, "ahead": 1}
    assert [row.code for row in why["c"].choices] == ["full", "gone"] and why["c"].reason == "full"
    assert why["d"].choices[0].code == "requires" and why["d"].choices[0].detail["missing"] == ["licence"]
    assert why["e"].reason == "no_choices"
    assert (result.assigned["f"], why["f"].how) == ("t", "anywhere") and result.adjusted == {"f"}


def test_scores_are_positions_too() -> None:
    assert {choice.post: choice.position for choice in scored({"p": 90, "q": 70}, step=10)} == {"p": 1, "q": 3}
    rows = (Applicant("a", scored({"p": 90, "q": 89})), Applicant("b", scored({"p": 90, "q": 10})))
    assert allocate(Problem(rows, (Post("p", 1), Post("q", 1)))).assigned == {"a": "q", "b": "p"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"locked": frozenset({("a", "p"), ("b", "p")})}, "too_many_fixed"),
        ({"forced": frozenset({("a", "p"), ("a", "q")})}, "two_posts"),
        ({"forced": frozenset({("a", "gone")})}, "unknown_pair"),
        ({"forced": frozenset({("a", "p")}), "forbidden": frozenset({("a", "p")})}, "fixed_and_forbidden"),
        ({"posts": (Post("p", 1), Post("p", 1))}, "twice"),
        ({"posts": (Post("p", -1),)}, "capacity"),
    ],
)
def test_contradictions_are_named(changes: dict[str, Any], code: str) -> None:
    problem = Problem(people(a="p q", b="p"), (Post("p", 1), Post("q", 1)))
    with pytest.raises(ProblemError) as raised:
        replace(problem, **changes)
    assert raised.value.code == code


# After an appeal ----------------------------------------------------------------------------------------------------


@given(problems(), st.data())
@settings(max_examples=60, deadline=None)
def test_an_appeal_moves_as_few_as_possible(problem: Problem, data: Any) -> None:
    old = dict(allocate(problem).assigned)
    row = data.draw(st.sampled_from(sorted(problem.applicant)))
    post = data.draw(st.sampled_from(sorted(problem.post)))
    if problem.post[post].capacity == 0 or (row, post) in problem.forbidden:
        return
    appeal = replace(problem, forced=frozenset({(row, post)}))
    again = solve_again(appeal, old)
    assert allowed(appeal, again.result.assigned)

    def grade(found: Mapping[str, str]) -> tuple[int, int, int]:
        lost = sum(code not in found for code in old)
        moved = sum(found.get(code, post) != post for code, post in old.items())
        return lost, lost + moved, whole(problem, found)

    assert grade(again.result.assigned) == min(map(grade, everything(appeal)))
    changed = {code for code in problem.applicant if old.get(code) != again.result.assigned.get(code)}
    assert {move.applicant for move in again.moves} == changed


def test_the_chain_of_an_appeal_is_told() -> None:
    problem = Problem(people(a="p", b="p q", c="q r"), (Post("p", 1), Post("q", 1), Post("r", 1)))
    old = {"a": "p", "b": "q", "c": "r"}
    again = solve_again(replace(problem, forced=frozenset({("b", "p")})), old)
    # a loses p and wants nothing else: that cannot be helped; c stays, though q is free again and dearer to c.
    assert again.result.assigned == {"b": "p", "c": "r"}
    assert [(move.applicant, move.because, move.to_whom) for move in again.moves] == [
        ("a", "room", ("b",)),
        ("b", "appeal", ()),
    ]
    gone = solve_again(replace(problem, posts=(Post("p", 0), Post("q", 1), Post("r", 1))), {"b": "p", "c": "q"})
    assert gone.result.assigned == {"b": "q", "c": "r"}
    assert [(move.applicant, move.because, move.to_whom) for move in gone.moves] == [
        ("b", "lost", ()),
        ("c", "room", ("b",)),
    ]


def test_an_old_place_that_nobody_chose_is_kept() -> None:
    problem = Problem(people(a="p", b="p"), (Post("p", 1), Post("z", 1)))
    again = solve_again(problem, {"a": "p", "b": "z"})
    assert again.moves == () and again.cost == 0


# Beside what it replaces --------------------------------------------------------------------------------------------


def test_better_than_first_come_in_wishes_and_ways() -> None:
    import random

    dice = random.Random(20231230)
    places = [Point(round(dice.uniform(108.7, 111), 2), round(dice.uniform(18.2, 20.1), 2)) for _ in range(60)]
    posts = tuple(Post(f"p{i:02}", dice.randint(2, 8), at=at) for i, at in enumerate(places))
    rows = []
    for i in range(240):
        home = Point(round(dice.uniform(108.7, 111), 2), round(dice.uniform(18.2, 20.1), 2))
        wanted = sorted(posts, key=lambda post: home.km(post.at) * dice.uniform(0.3, 2))[:8]
        rows.append(Applicant(f"s{i:03}", ranked(post.code for post in wanted), home=home))
    problem = Problem(tuple(rows), posts)
    table = Table(problem)
    ours = allocate(problem).assigned
    theirs = first_come(table, dice.sample(table.free, len(table.free)))
    assert len(ours) >= len(theirs)

    def mean(found: Mapping[str, str], of: Any) -> float:
        return sum(of(problem.applicant[code], problem.post[post]) for code, post in found.items()) / len(found)

    both = [mean(found, lambda row, post: table.position(row, post.code)) for found in (ours, theirs)]
    ways = [mean(found, problem.km) for found in (ours, theirs)]
    assert both[0] < both[1] and ways[0] < ways[1]


def test_places_kept_for_a_major_go_to_nobody_else_and_no_major_gets_more_than_its_most() -> None:
    rows = tuple(Applicant(f"{major}{i}", ranked("p"), major) for major in "xy" for i in range(4))
    post = Post("p", 5, shares=(Share("x", kept=2), Share("y", most=3)))
    result = allocate(Problem(rows, (post,)))
    got = Counter(code[0] for code in result.assigned)
    assert got["x"] >= 2 and got["y"] <= 3 and got.total() == 5 and result.optimal
    # Nobody of x asks: their two places stay empty, and the others read why.
    lonely = Problem(tuple(row for row in rows if row.major == "y"), (replace(post, shares=(Share("x", kept=2),)),))
    result = allocate(lonely)
    assert len(result.assigned) == 3 and result.free == {"p": 2}
    left = explain(lonely, result)[result.unassigned[0]]
    assert (left.choices[0].code, left.choices[0].detail, left.reason) == ("share", {}, "full")
    few = Problem(rows, (replace(post, shares=(Share("y", most=1),)),))
    result = allocate(few)
    told = explain(few, result)[next(code for code in result.unassigned if code[0] == "y")]
    assert (told.choices[0].code, told.choices[0].detail) in (
        ("share", {"places": 1}),
        ("full", told.choices[0].detail),
    )
    assert Counter(code[0] for code in result.assigned) == {"x": 4, "y": 1}


def test_groups_are_compared_within_and_across_majors() -> None:
    rows = (
        *(Applicant(f"a{i}", ranked(["p", "q"]), "x", group="one") for i in range(2)),
        *(Applicant(f"b{i}", ranked(["p", "q"]), "x", group="two") for i in range(2)),
    )
    problem = Problem(rows, (Post("p", 2), Post("q", 2)), weights=Weights(fairness=1.0))
    result = allocate(problem)
    assert Counter(code[0] for code, post in result.assigned.items() if post == "p") == {"a": 1, "b": 1}
    assert result.worst_major == ("one", 1.5)
    # Whoever wants nothing makes no major look better off.
    idle = tuple(Applicant(f"z{i}", major="x", group="one") for i in range(6))
    assert allocate(replace(problem, applicants=(*rows, *idle))).worst_major == ("one", 1.5)
    nobody = Problem(idle, (Post("p", 2),), weights=Weights(fairness=1.0))
    assert not allocate(nobody).assigned and allocate(nobody).optimal
