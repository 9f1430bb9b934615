"""Five thousand students, fifteen hundred posts, twenty choices each: the best allocation, and what first come would give."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from benchmarks.timing import Row, at_most, seconds, within
from zhixing.practice.solving.problem import Applicant, Base, Point, Post, Problem, Share, Team, ranked
from zhixing.practice.solving.solve import Result, allocate
from zhixing.practice.solving.table import Table
from zhixing.practice.solving.thumb import first_come

STUDENTS, POSTS, CHOICES, MAJORS, BASES, TOWNS = 5_000, 1_500, 20, 40, 300, 19
PLANS = 10
LIMIT = 60.0


def cohort(minimum: int = 0, seed: int = 20231230) -> Problem:
    """A made-up cohort on an island of nineteen towns: some towns and posts are far more wanted than others.

    Places are eight in a hundred more than students. A student chooses among the posts of their major, mostly popular
    and near ones. With `minimum` a base takes nobody unless it gets that many.
    """
    dice = random.Random(seed)
    towns = [(dice.uniform(108.7, 111.0), dice.uniform(18.2, 20.1), dice.random() ** 2 + 0.05) for _ in range(TOWNS)]

    def near(town: tuple[float, float, float]) -> Point:
        return Point(round(town[0] + dice.gauss(0, 0.05), 2), round(town[1] + dice.gauss(0, 0.05), 2))

    bases = [near(dice.choices(towns, [town[2] for town in towns])[0]) for _ in range(BASES)]
    at = [dice.randrange(BASES) for _ in range(POSTS)]
    majors = [frozenset(dice.sample(range(MAJORS), dice.choice((1, 1, 2, 3)))) for _ in range(POSTS)]
    wanted = [2 / (1 + dice.paretovariate(1.2)) for _ in range(POSTS)]
    places = [0] * POSTS
    for _ in range(STUDENTS * 108 // 100):
        places[dice.randrange(POSTS)] += 1
    of_major = [[post for post in range(POSTS) if major in majors[post]] for major in range(MAJORS)]
    applicants = []
    for student in range(STUDENTS):
        major, home = dice.randrange(MAJORS), near(dice.choice(towns))
        liked = {post: wanted[post] - home.km(bases[at[post]]) / 300 + dice.gauss(0, 0.25) for post in of_major[major]}
        best = sorted(liked, key=lambda post: -liked[post])[:CHOICES]
        applicants.append(
            Applicant(f"s{student:05}", ranked(f"p{post:04}" for post in best), major=str(major), home=home)
        )
    posts = tuple(
        Post(
            f"p{post:04}",
            places[post],
            base=f"b{at[post]:03}",
            at=bases[at[post]],
            majors=frozenset(map(str, majors[post])),
        )
        for post in range(POSTS)
    )
    return Problem(tuple(applicants), posts, tuple(Base(f"b{base:03}", minimum=minimum) for base in range(BASES)))


def together(plans: int = PLANS) -> Problem:
    """The same cohort as so many plans allocated together.

    Every post of several majors is shared by their plans: a third keeps a place for each, a third caps each; every plan
    has a few supervisors less than it would need.
    """
    problem = cohort()

    def plan(major: str) -> str:
        return f"plan{int(major) % plans}"

    sizes = Counter(plan(row.major) for row in problem.applicants)
    posts = []
    for number, post in enumerate(problem.posts):
        open_to = sorted({plan(major) for major in post.majors})
        kept = 1 if number % 3 == 0 and len(open_to) <= post.capacity else 0
        most = max(post.capacity - 1, 1) if number % 3 == 1 else None
        numbered = len(open_to) > 1 and (kept or most)
        shares = tuple(Share(one, kept, most) for one in open_to) if numbered else ()
        posts.append(replace(post, majors=frozenset(open_to), shares=shares))
    return replace(
        problem,
        applicants=tuple(replace(row, major=plan(row.major), team=plan(row.major)) for row in problem.applicants),
        posts=tuple(posts),
        teams=tuple(Team(code, students=size * 99 // 100) for code, size in sorted(sizes.items())),
    )


def _mean(table: Table, found: Mapping[str, str], of: Callable[[Applicant, Post], float]) -> float:
    problem = table.problem
    return sum(of(problem.applicant[who], problem.post[post]) for who, post in found.items()) / len(found)


def measure() -> Iterator[Row]:
    """Time and proof for head-counts alone and with minimums, and both means beside first come, first served."""
    work = f"allocation, {STUDENTS:,} × {POSTS:,} × {CHOICES}"
    problem = cohort()
    table = Table(problem)
    results: list[Result] = []
    taken = seconds(lambda: results.append(allocate(problem)))
    yield _proven("allocate.flow", f"{work}: wishes, ways, head-counts", taken, results[-1])
    ours = results[-1].assigned
    order = random.Random(1).sample(table.free, len(table.free))
    theirs = first_come(table, order)
    against = "first come, first served, in a drawn order"
    note = f"{len(ours):,} placed, {len(theirs):,} by first come"
    position = [_mean(table, found, lambda who, post: table.position(who, post.code)) for found in (ours, theirs)]
    yield at_most(
        "allocate.position", f"{work}: mean position × 100", against, *(100 * at for at in position), 1, note, ""
    )
    ways = [_mean(table, found, lambda who, post: problem.km(who, post) or 0.0) for found in (ours, theirs)]
    yield at_most("allocate.km", f"{work}: mean way", against, *ways, 1, unit="km")
    with_minimums = cohort(minimum=3)
    taken = seconds(lambda: results.append(allocate(with_minimums, seconds=LIMIT - 5)))
    yield _proven("allocate.minimums", f"{work}: and three or none at {BASES} bases", taken, results[-1])
    joint = together()
    taken = seconds(lambda: results.append(allocate(joint)))
    yield _proven(
        "allocate.joint",
        f"{work}: {PLANS} plans together, posts shared and kept, supervisors short",
        taken,
        results[-1],
    )
    fair = replace(joint, weights=replace(joint.weights, fairness=1.0))
    taken = seconds(lambda: results.append(allocate(fair, seconds=LIMIT - 5)))
    found, bound = results[-1].objective, results[-1].bound or 0.0
    note = f"{results[-1].method}, at most {100 * (found - bound) / found:.2f}% from the best"
    yield within("allocate.fair", f"{work}: {PLANS} plans together, the worst-off major weighed", taken, LIMIT, note)


def _proven(name: str, work: str, taken: float, result: Result) -> Row:
    row = within(name, work, taken, LIMIT, f"{result.method}, {'proven best' if result.optimal else 'NOT proven'}")
    row.ok = row.ok and result.optimal
    return row
