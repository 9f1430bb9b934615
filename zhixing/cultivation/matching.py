"""双选: a stable match between students and posts, by deferred acceptance in which the students propose.

No student and post that both would rather have one another are left apart, and every student gets the best post that any
stable match could give them (Gale and Shapley 1962). The same input always gives the same match.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

S = TypeVar("S", bound=Hashable)
P = TypeVar("P", bound=Hashable)


@dataclass(frozen=True)
class Place(Generic[S]):
    """A post: how many it takes, and whom it would take, the most wanted first."""

    capacity: int
    ranking: Sequence[S]


def match(choices: Mapping[S, Sequence[P]], posts: Mapping[P, Place[S]]) -> dict[S, P]:
    """Who gets which post. Students left without one are not in the answer.

    `choices` are each student's posts, the most wanted first. A pair counts only where both name one another; a name
    given twice counts where it stands first. Time grows with the length of the rankings.
    """
    place = {post: {student: i for i, student in reversed(list(enumerate(at.ranking)))} for post, at in posts.items()}
    # Held by a post: a heap whose first is the least wanted of those it holds.
    held: dict[P, list[tuple[int, int, S]]] = {post: [] for post in posts}
    left = {student: deque(dict.fromkeys(wanted)) for student, wanted in choices.items()}
    order = {student: i for i, student in enumerate(choices)}
    free = deque(choices)
    while free:
        student = free.popleft()
        while left[student]:
            post = left[student].popleft()
            rank = place.get(post, {}).get(student)
            if rank is None:
                continue
            entry = (-rank, order[student], student)
            if len(held[post]) < posts[post].capacity:
                heapq.heappush(held[post], entry)
                break
            if held[post] and -held[post][0][0] > rank:
                _rank, _order, refused = heapq.heapreplace(held[post], entry)
                free.append(refused)
                break
    taken = {student: post for post, holders in held.items() for _rank, _order, student in holders}
    return {student: taken[student] for student in choices if student in taken}
