"""What there is to decide: applicants with their choices, posts with their places, and the rules between them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from zhixing.practice.distance import between

# Costs are whole thousandths of one position in a list of choices: whole numbers add up the same on every machine.
UNIT = 1000


class ProblemError(ValueError):
    """The problem contradicts itself; the code and its parts say where."""

    def __init__(self, code: str, **parts: Any) -> None:
        super().__init__(code, parts)
        self.code = code
        self.parts = parts


@dataclass(frozen=True)
class Point:
    """Degrees, as rounded as the college keeps them."""

    longitude: float
    latitude: float

    def km(self, other: Point) -> float:
        """The way as the crow flies; on the rounded degrees of a home nothing finer would be true."""
        return between((self.longitude, self.latitude), (other.longitude, other.latitude))


@dataclass(frozen=True)
class Choice:
    """A post an applicant would take. `position` is 1 for the dearest; equal ones may share it, scores may be broken."""

    post: str
    position: float


@dataclass(frozen=True)
class Applicant:
    """A student who is to be placed."""

    code: str
    choices: tuple[Choice, ...] = ()
    # Whom posts are open to, and may keep places for (Share).
    major: str = ""
    home: Point | None = None
    # What the student has: licences, passed courses, being of age. Compared with what a post requires.
    has: frozenset[str] = frozenset()
    # The teachers who look after the student, see Team.
    team: str = ""
    # 服从调剂: takes any fitting post that is left when nothing chosen can be had.
    anywhere: bool = False
    # With whom the student is compared where fairness counts; where it is not said, those of the same major.
    group: str = ""


@dataclass(frozen=True)
class Share:
    """What a post that is open to several majors says of one: `kept` places go to nobody else, `most` is the most it gets."""

    major: str
    kept: int = 0
    most: int | None = None


@dataclass(frozen=True)
class Post:
    """A post with its places. Below `minimum` students it takes none at all."""

    code: str
    capacity: int
    minimum: int = 0
    # Whom the firm would take, the dearest first; None: it leaves that to the school. Who is not named is not taken.
    ranking: tuple[str, ...] | None = None
    base: str = ""
    at: Point | None = None
    majors: frozenset[str] = frozenset()
    requires: frozenset[str] = frozenset()
    shares: tuple[Share, ...] = ()

    def has_room(self, there: Mapping[str, int], major: str) -> bool:
        """Whether one more of a major fits in beside those there (numbers by major)."""
        taken = sum(there.values())
        if taken >= self.capacity or not self.shares:
            return taken < self.capacity
        waiting = 0
        for share in self.shares:
            now = there.get(share.major, 0)
            if share.major != major:
                waiting += max(share.kept - now, 0)
            elif share.most is not None and now >= share.most:
                return False
            elif now < share.kept:
                return True
        return self.capacity - taken - waiting > 0


@dataclass(frozen=True)
class Base:
    """A firm or base with all its posts: a head-count for the whole, and a minimum below which it takes none."""

    code: str
    capacity: int | None = None
    minimum: int = 0


@dataclass(frozen=True)
class Team:
    """Teachers who visit: how many students they can look after together, and how many bases they can visit."""

    code: str
    students: int | None = None
    bases: int | None = None


@dataclass(frozen=True)
class Weights:
    """What counts how much, in positions of a list of choices."""

    position: float = 1.0
    # A hundred kilometres from home weigh as much as two positions.
    km: float = 0.02
    # From the firm's first to its last named student.
    wanted: float = 0.0
    # Somebody without a place: so dear that in practice as many are placed as can be.
    unplaced: float = 1000.0
    # The worst major's mean position, beside the mean over all: 0 leaves majors out of it.
    fairness: float = 0.0


Pair = tuple[str, str]


@dataclass(frozen=True)
class Problem:
    """All of it. Rows may come in any order: the answer does not depend on it."""

    applicants: tuple[Applicant, ...]
    posts: tuple[Post, ...]
    bases: tuple[Base, ...] = ()
    teams: tuple[Team, ...] = ()
    # Placements that stay (locked) and that the office has decided (forced): both outrank choices and minimums.
    locked: frozenset[Pair] = frozenset()
    forced: frozenset[Pair] = frozenset()
    forbidden: frozenset[Pair] = frozenset()
    weights: Weights = field(default_factory=Weights)

    def __post_init__(self) -> None:
        for kind, rows in (
            ("applicant", self.applicants),
            ("post", self.posts),
            ("base", self.bases),
            ("team", self.teams),
        ):
            seen: set[str] = set()
            for row in rows:
                if row.code in seen:
                    raise ProblemError("twice", kind=kind, name=row.code)
                seen.add(row.code)
        for post in self.posts:
            if post.capacity < 0:
                raise ProblemError("capacity", post=post.code)
        fixed: dict[str, str] = {}
        for applicant, post_code in sorted(self.locked | self.forced):
            if applicant not in self.applicant or post_code not in self.post:
                raise ProblemError("unknown_pair", applicant=applicant, post=post_code)
            if fixed.setdefault(applicant, post_code) != post_code:
                raise ProblemError("two_posts", applicant=applicant)
            if (applicant, post_code) in self.forbidden:
                raise ProblemError("fixed_and_forbidden", applicant=applicant, post=post_code)
        for post in self.posts:
            count = sum(1 for code in fixed.values() if code == post.code)
            if count > post.capacity:
                raise ProblemError("too_many_fixed", post=post.code, count=count, capacity=post.capacity)

    @cached_property
    def applicant(self) -> Mapping[str, Applicant]:
        return {row.code: row for row in sorted(self.applicants, key=lambda row: row.code)}

    @cached_property
    def post(self) -> Mapping[str, Post]:
        return {row.code: row for row in sorted(self.posts, key=lambda row: row.code)}

    @cached_property
    def base(self) -> Mapping[str, Base]:
        return {row.code: row for row in self.bases}

    @cached_property
    def team(self) -> Mapping[str, Team]:
        return {row.code: row for row in self.teams}

    @cached_property
    def fixed(self) -> Mapping[str, str]:
        return dict(sorted(self.locked | self.forced))

    @cached_property
    def named(self) -> Mapping[str, Mapping[str, int]]:
        """For each post with a ranking: where it has whom, 1 the dearest; a name twice counts where it stands first."""
        return {
            post.code: {name: i for i, name in enumerate(dict.fromkeys(post.ranking), 1)}
            for post in self.posts
            if post.ranking is not None
        }

    def barred(self, applicant: Applicant, post: Post | None) -> tuple[str, tuple[str, ...]] | None:
        """The rule that keeps the two apart whatever anybody wants, with what is missing; None when there is none."""
        if post is None:
            return "gone", ()
        if post.capacity == 0:
            return "closed", ()
        if (applicant.code, post.code) in self.forbidden:
            return "forbidden", ()
        if post.majors and applicant.major not in post.majors:
            return "major", ()
        if missing := post.requires - applicant.has:
            return "requires", tuple(sorted(missing))
        if post.ranking is not None and applicant.code not in self.named[post.code]:
            return "not_named", ()
        return None

    def positions(self, applicant: Applicant) -> dict[str, float]:
        """Each chosen post with its position; a post chosen twice counts where it stands first."""
        found: dict[str, float] = {}
        for choice in sorted(applicant.choices, key=lambda choice: choice.position):
            found.setdefault(choice.post, choice.position)
        return found

    def beyond(self, applicant: Applicant) -> float:
        """What a place outside the choices counts as: one position after the last."""
        return max((choice.position for choice in applicant.choices), default=0) + 1

    def km(self, applicant: Applicant, post: Post) -> float | None:
        return applicant.home.km(post.at) if applicant.home and post.at else None

    def cost(self, applicant: Applicant, post: Post, position: float) -> int:
        """What it costs the whole that this applicant gets this post, in thousandths of a position."""
        weights = self.weights
        cost = weights.position * position
        if weights.km and (km := self.km(applicant, post)) is not None:
            cost += weights.km * km
        if weights.wanted and (named := self.named.get(post.code)) and applicant.code in named:
            cost += weights.wanted * (named[applicant.code] - 1) / max(len(named) - 1, 1)
        return round(UNIT * cost)


def ranked(posts: Iterable[str]) -> tuple[Choice, ...]:
    """Choices from a list, the dearest first."""
    return tuple(Choice(post, i) for i, post in enumerate(dict.fromkeys(posts), 1))


def scored(scores: Mapping[str, float], step: float = 1.0) -> tuple[Choice, ...]:
    """Choices from points, more is dearer: the best is position 1, and `step` points less are one position more."""
    best = max(scores.values(), default=0.0)
    return tuple(Choice(post, 1 + (best - score) / step) for post, score in scores.items())


def read_instance(text: str) -> Problem:
    """A table from elsewhere: {"applicants": {name: [posts]}, "posts": {name: {"capacity": n, "ranking": [names]}}}.

    Raises ProblemError("json" | "shape" | "capacity" | …) with the place that is wrong.
    """
    try:
        told = json.loads(text)
    except ValueError as error:
        raise ProblemError("json", why=str(error)) from error
    if not isinstance(told, dict) or not all(isinstance(told.get(key), dict) for key in ("applicants", "posts")):
        raise ProblemError("shape", where="applicants, posts")
    applicants = []
    for name, choices in told["applicants"].items():
        if not isinstance(choices, list) or not all(isinstance(post, str) for post in choices):
            raise ProblemError("shape", where=f"applicants.{name}")
        for post in choices:
            if post not in told["posts"]:
                raise ProblemError("unknown_post", applicant=name, post=post)
        applicants.append(Applicant(name, ranked(choices)))
    posts = []
    for name, row in told["posts"].items():
        if not isinstance(row, dict):
            raise ProblemError("shape", where=f"posts.{name}")
        capacity, ranking = row.get("capacity"), row.get("ranking")
        if type(capacity) is not int or capacity < 0:
            raise ProblemError("capacity", post=name)
        if ranking is not None and not (isinstance(ranking, list) and all(isinstance(who, str) for who in ranking)):
            raise ProblemError("shape", where=f"posts.{name}.ranking")
        for who in ranking or ():
            if who not in told["applicants"]:
                raise ProblemError("unknown_applicant", post=name, applicant=who)
        posts.append(Post(name, capacity, ranking=None if ranking is None else tuple(ranking)))
    return Problem(tuple(applicants), tuple(posts))
