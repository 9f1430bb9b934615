"""The problem as rows of numbers: one row for each applicant and post that may come together, as the solvers want it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from zhixing.practice.solving.problem import UNIT, Applicant, Problem

Assignment = Mapping[str, str]


@dataclass(frozen=True)
class Group:
    """Posts that take nobody unless they take at least `minimum` together: a post alone, or a base."""

    kind: str
    code: str
    posts: frozenset[str]
    minimum: int


@dataclass(frozen=True)
class Pair:
    """One possible placement with what it costs the whole."""

    applicant: str
    post: str
    position: float
    cost: int


@dataclass(frozen=True)
class Shares:
    """A shared post: places kept for each major, the most of each, and the places that are anybody's."""

    kept: Mapping[str, int]
    most: Mapping[str, int]
    anybody: int

    def of(self, major: str, room: int) -> tuple[int, int]:
        """Kept places of a major that it can use, and how many of anybody's it may have beside them."""
        most = min(self.most.get(major, room), room)
        kept = min(self.kept.get(major, 0), most)
        return kept, min(most - kept, self.anybody)


class Table:
    """What is left to decide once the fixed placements are seated: pairs, and room at posts, bases and teams."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.fixed = dict(problem.fixed)
        self.free = [code for code in problem.applicant if code not in self.fixed]
        self.pairs: list[Pair] = []
        for code in self.free:
            applicant = problem.applicant[code]
            for post_code, position in sorted(problem.positions(applicant).items(), key=lambda row: (row[1], row[0])):
                post = problem.post.get(post_code)
                if post is not None and problem.barred(applicant, post) is None:
                    self.pairs.append(Pair(code, post_code, position, problem.cost(applicant, post, position)))
        taken = Counter(self.fixed.values())
        self.room = {code: post.capacity - taken[code] for code, post in problem.post.items()}
        bases, teams = self.heads(self.fixed)
        # A lock outranks a head-count: no room is left, but nobody is thrown out.
        self.base_room = {
            code: max(base.capacity - bases[code], 0)
            for code, base in problem.base.items()
            if base.capacity is not None
        }
        self.team_room = {
            code: max(team.students - teams[code], 0)
            for code, team in problem.team.items()
            if team.students is not None
        }
        self.penalty = round(UNIT * problem.weights.unplaced)
        self.shares = {code: self._shares(code) for code, post in problem.post.items() if post.shares}

    def _shares(self, post: str) -> Shares:
        """What is left of a shared post for each major once the fixed are seated; a lock outranks the numbers."""
        there = Counter(self.major_of(who) for who, at in self.fixed.items() if at == post)
        kept, most = {}, {}
        for share in self.problem.post[post].shares:
            kept[share.major] = max(share.kept - there[share.major], 0)
            if share.most is not None:
                most[share.major] = max(share.most - there[share.major], 0)
        return Shares(kept, most, max(self.room[post] - sum(kept.values()), 0))

    def base_of(self, post: str) -> str:
        return self.problem.post[post].base

    def team_of(self, applicant: str) -> str:
        return self.problem.applicant[applicant].team

    def major_of(self, applicant: str) -> str:
        return self.problem.applicant[applicant].major

    def there(self, assigned: Assignment) -> dict[str, Counter[str]]:
        """How many of each major are at each post."""
        found: dict[str, Counter[str]] = {code: Counter() for code in self.problem.post}
        for applicant, post in assigned.items():
            found[post][self.major_of(applicant)] += 1
        return found

    def heads(self, assigned: Assignment) -> tuple[Counter[str], Counter[str]]:
        """How many are at each base, and with each team."""
        bases = Counter(self.base_of(post) for post in assigned.values())
        return bases, Counter(self.team_of(applicant) for applicant in assigned)

    @cached_property
    def groups(self) -> list[Group]:
        """The minimums that bind. Where somebody is fixed, the post or base is open whatever its minimum says."""
        held = set(self.fixed.values())
        found = [
            Group("post", code, frozenset({code}), post.minimum)
            for code, post in self.problem.post.items()
            if post.minimum > 1 and code not in held
        ]
        posts_of: dict[str, set[str]] = {}
        for code, post in self.problem.post.items():
            posts_of.setdefault(post.base, set()).add(code)
        for code, base in sorted(self.problem.base.items()):
            posts = posts_of.get(code, set())
            if base.minimum > 1 and posts and not posts & held:
                found.append(Group("base", code, frozenset(posts), base.minimum))
        return found

    @cached_property
    def touring(self) -> dict[str, int]:
        """The teams with a limit on bases, less what the fixed placements already send them to."""
        return {
            code: max(team.bases - len(self.toured(code)), 0)
            for code, team in sorted(self.problem.team.items())
            if team.bases is not None
        }

    def toured(self, team: str) -> frozenset[str]:
        """The bases a team visits anyway, because somebody of its students is fixed there."""
        return frozenset(self.base_of(post) for who, post in self.fixed.items() if self.team_of(who) == team)

    def broken_groups(self, assigned: Assignment) -> list[tuple[Group, int]]:
        """Posts and bases that would get some, but fewer than they want."""
        counts = Counter(assigned.values())
        found = [(group, sum(counts[post] for post in group.posts)) for group in self.groups]
        return [(group, count) for group, count in found if 0 < count < group.minimum]

    def broken_teams(self, assigned: Assignment) -> dict[str, Counter[str]]:
        """Teams that would have to visit more bases than they can, with their students at each base."""
        visits: dict[str, Counter[str]] = {code: Counter() for code in self.touring}
        for applicant, post in assigned.items():
            team, base = self.team_of(applicant), self.base_of(post)
            if team in visits and base not in self.toured(team):
                visits[team][base] += 1
        return {code: bases for code, bases in visits.items() if len(bases) > self.touring[code]}

    def keeps_rules(self, assigned: Assignment) -> bool:
        return not self.broken_groups(assigned) and not self.broken_teams(assigned)

    def position(self, applicant: Applicant, post: str) -> float:
        """Where a post stands among somebody's choices; outside them, one after the last."""
        return self.problem.positions(applicant).get(post, self.problem.beyond(applicant))

    def total(self, assigned: Assignment) -> int:
        """The cost of all placements, in thousandths of a position, without what the unplaced count."""
        problem = self.problem
        total = 0
        for code, post in assigned.items():
            applicant = problem.applicant[code]
            total += problem.cost(applicant, problem.post[post], self.position(applicant, post))
        return total
