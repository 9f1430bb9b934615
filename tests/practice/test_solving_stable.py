"""The stable mode leaves no two apart who would both rather have one another, and the command tells it as agreed."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from zhixing.practice.solving.problem import Applicant, Base, Post, Problem, ProblemError, Share, ranked
from zhixing.practice.solving.solve import allocate

PUBLISHED = next(
    (
        found
        for parent in Path(__file__).resolve().parents
        if (found := parent / "shared" / "data" / "matching").is_dir()
    ),
    None,
)


def blocking(problem: Problem, assigned: Mapping[str, str]) -> list[tuple[str, str]]:
    """Pairs that would both rather have one another, counted by hand."""
    found = []
    for row in problem.applicants:
        wanted = [choice.post for choice in row.choices]
        better = wanted[: wanted.index(assigned[row.code])] if row.code in assigned else wanted
        for code in better:
            post = problem.post[code]
            ranking = list(post.ranking or ())
            if row.code not in ranking or not post.capacity:
                continue
            holders = [ranking.index(who) for who, at in assigned.items() if at == code]
            if len(holders) < post.capacity or max(holders) > ranking.index(row.code):
                found.append((row.code, code))
    return found


@st.composite
def markets(draw: Any, most: int = 9) -> Problem:
    names = [f"a{i}" for i in range(draw(st.integers(1, most)))]
    codes = [f"p{i}" for i in range(draw(st.integers(1, 4)))]

    def some(items: list[str]) -> list[str]:
        return draw(st.permutations(items))[: draw(st.integers(0, len(items)))]

    rows = tuple(Applicant(name, ranked(some(codes))) for name in names)
    return Problem(rows, tuple(Post(code, draw(st.integers(0, 3)), ranking=tuple(some(names))) for code in codes))


@given(markets())
@settings(max_examples=80, deadline=None)
def test_no_two_are_left_apart(problem: Problem) -> None:
    result = allocate(problem, "stable")
    assert blocking(problem, result.assigned) == [] and result.optimal
    best = allocate(problem)
    # What is best for the whole places at least as many, and never at a higher cost for the same number.
    assert len(best.assigned) >= len(result.assigned)
    if len(best.assigned) == len(result.assigned):
        assert best.objective <= result.objective


def choice_of(post: Post, majors: Mapping[str, str], asking: set[str]) -> set[str]:
    """Whom a post takes of those who ask: the dearest first as long as the numbers hold, counted by hand."""
    taken: list[str] = []
    for name in post.ranking or ():
        if name not in asking:
            continue
        got = [*taken, name]
        waiting = sum(
            max(row.kept - sum(majors[one] == row.major for one in got), 0) for row in post.shares if row.kept
        )
        over = any(
            row.most is not None and sum(majors[one] == row.major for one in got) > row.most for row in post.shares
        )
        if len(got) + waiting <= post.capacity and not over:
            taken = got
    return set(taken)


@given(markets(), st.lists(st.tuples(st.integers(0, 1), st.sampled_from([None, 1, 2])), min_size=8, max_size=8))
@settings(max_examples=80, deadline=None)
def test_no_two_are_left_apart_where_posts_keep_places_for_majors(problem: Problem, numbers: Any) -> None:
    rows = tuple(replace(row, major=f"m{i % 2}") for i, row in enumerate(problem.applicants))
    posts = tuple(
        replace(
            post,
            shares=tuple(
                Share(major, min(kept, post.capacity // 2), most)
                for major, (kept, most) in zip(("m0", "m1"), numbers[2 * i : 2 * i + 2], strict=True)
            ),
        )
        for i, post in enumerate(problem.posts)
    )
    assigned = allocate(Problem(rows, posts), "stable").assigned
    majors = {row.code: row.major for row in rows}
    for post in posts:
        holders = {who for who, at in assigned.items() if at == post.code}
        assert choice_of(post, majors, holders) == holders
        for row in rows:
            wanted = [choice.post for choice in row.choices]
            better = wanted[: wanted.index(assigned[row.code])] if row.code in assigned else wanted
            if post.code in better:
                assert row.code not in choice_of(post, majors, {*holders, row.code})


@given(markets(most=4))
@settings(max_examples=40, deadline=None)
def test_of_all_stable_matches_it_is_the_applicants_best(problem: Problem) -> None:
    ours = allocate(problem, "stable").assigned
    options = [[None, *(choice.post for choice in row.choices)] for row in problem.applicants]
    for picks in itertools.product(*options):
        other = {row.code: post for row, post in zip(problem.applicants, picks, strict=True) if post}
        if any(list(other.values()).count(post.code) > post.capacity for post in problem.posts):
            continue
        if any(who not in (problem.post[post].ranking or ()) for who, post in other.items()):
            continue
        if blocking(problem, other):
            continue
        assert set(other) == set(ours)
        for row in problem.applicants:
            wanted = [choice.post for choice in row.choices]
            if row.code in ours:
                assert wanted.index(ours[row.code]) <= wanted.index(other[row.code])


def test_stable_and_optimal_need_not_agree() -> None:
    rows = tuple(Applicant(code, ranked(wanted.split())) for code, wanted in {"a": "p q", "b": "p"}.items())
    posts = (Post("p", 1, ranking=("a", "b")), Post("q", 1, ranking=("a", "b")))
    assert allocate(Problem(rows, posts), "stable").unassigned == ("b",)
    assert allocate(Problem(rows, posts)).assigned == {"a": "q", "b": "p"}


def test_minimums_close_posts_and_head_counts_are_refused() -> None:
    rows = tuple(Applicant(code, ranked(["p", "q"])) for code in "abc")
    few = (Post("p", 2, minimum=2, base="x", ranking=("a", "q")), Post("q", 2, ranking=("b", "a", "c")))
    result = allocate(Problem(rows, few), "stable")
    assert result.assigned == {"a": "q", "b": "q"} and result.closed == {"p"}
    with pytest.raises(ProblemError, match="not_stable"):
        allocate(
            Problem(rows, (Post("p", 2, base="x", ranking=("a", "b")),), (Base("x", capacity=1),)),
            "stable",
        )


def test_a_post_without_a_ranking_leaves_it_to_the_school() -> None:
    rows = (Applicant("a", ranked(["q", "p"])), Applicant("b", ranked(["p"])))
    problem = Problem(rows, (Post("p", 1), Post("q", 0)))
    assert allocate(problem, "stable").assigned == {"b": "p"}
    with pytest.raises(ProblemError, match="no_ranking"):
        allocate(problem, "stable", must_rank=True)


# The command --------------------------------------------------------------------------------------------------------


def run(capsys: pytest.CaptureFixture[str], file: Path, *more: str) -> tuple[Any, int]:
    code = 0
    try:
        call_command("allocate", "--instance", str(file), *more)
    except SystemExit as exit:
        code = int(exit.code or 0)
    return json.loads(capsys.readouterr().out) if "--json" in more else None, code


SMALL = {
    "applicants": {"王": ["p1", "p2"], "李": ["p1"], "张": ["p2", "p1"], "陈": []},
    "posts": {"p1": {"capacity": 1, "ranking": ["王", "李", "张"]}, "p2": {"capacity": 2, "ranking": ["张", "王"]}},
}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    file = tmp_path / "small.json"
    file.write_text(json.dumps(SMALL), encoding="utf-8")
    return file


def test_the_command_tells_what_was_agreed(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stable, code = run(capsys, small, "--mode", "stable", "--json")
    assert (stable.pop("seconds") >= 0, code) == (True, 0)
    assert stable == {
        "assigned": {"张": "p2", "王": "p1"},
        "unassigned": ["李", "陈"],
        "free": {"p2": 1},
        "objective": 2.0,
        "optimal": True,
    }
    best, code = run(capsys, small, "--json")
    assert best["assigned"] == {"张": "p2", "李": "p1", "王": "p2"} and best["objective"] == 4 and best["free"] == {}
    assert run(capsys, small) == (None, 0)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("no json", "is not JSON"),
        ("[]", "applicants, posts"),
        ('{"applicants": {"a": ["z"]}, "posts": {}}', "names post z"),
        ('{"applicants": {"a": "z"}, "posts": {}}', "applicants.a"),
        ('{"applicants": {}, "posts": {"p": {"capacity": -1}}}', "capacity of post p"),
        ('{"applicants": {}, "posts": {"p": {"capacity": true}}}', "capacity of post p"),
        ('{"applicants": {}, "posts": {"p": {"capacity": 1, "ranking": ["x"]}}}', "ranks x"),
        ('{"applicants": {"a": ["p"]}, "posts": {"p": {"capacity": 1}}}', "no ranking"),
    ],
)
def test_bad_tables_end_in_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "bad.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError, match=says) as raised:
        call_command("allocate", "--instance", str(file), "--mode", "stable", "--json")
    assert raised.value.returncode == 2 and "\n" not in str(raised.value)


def test_a_file_that_is_not_there_ends_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("allocate", "--instance", str(tmp_path / "gone.json"))


@pytest.mark.skipif(PUBLISHED is None, reason="the published matching instances are not here")
def test_published_instances(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert PUBLISHED is not None
    told = json.loads((PUBLISHED / "issue_159.json").read_text())
    posts = {code: {"capacity": 1, "ranking": [str(n) for n in names]} for code, names in told["hospitals"].items()}
    file = tmp_path / "published.json"
    wanted = {name: [str(post) for post in posts] for name, posts in told["residents"].items()}
    file.write_text(json.dumps({"applicants": wanted, "posts": posts}))
    answer, code = run(capsys, file, "--mode", "stable", "--json")
    problem = Problem(
        tuple(Applicant(name, ranked(wanted[name])) for name in wanted),
        tuple(Post(code, 1, ranking=tuple(row["ranking"])) for code, row in posts.items()),
    )
    assert code == 0 and answer["assigned"] and blocking(problem, answer["assigned"]) == []
    lines = [list(map(int, line.split())) for line in (PUBLISHED / "hr1.txt").read_text().splitlines()]
    people, places = lines[0]
    hr1 = {
        "applicants": {str(n): [f"p{post}" for post in rest] for n, *rest in lines[1 : people + 1]},
        "posts": {
            f"p{n}": {"capacity": capacity, "ranking": [str(who) for who in rest]}
            for n, capacity, *rest in lines[people + 1 : people + places + 1]
        },
    }
    file.write_text(json.dumps(hr1))
    answer, _code = run(capsys, file, "--mode", "stable", "--json")
    assert answer["assigned"] == {"1": "p1", "2": "p2", "3": "p1"}
