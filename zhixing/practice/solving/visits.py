"""Who of the teachers looks after whom: no teacher beyond their number, and few teachers at one base."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping


def split(
    need: Mapping[int, int],
    limits: Mapping[int, Mapping[str, int]],
    given: Mapping[int, Mapping[str, int]] | None = None,
) -> dict[int, dict[str, int]]:
    """How many students of each plan each teacher takes: within the plan's `limits`, and in all no more than the largest of theirs.

    `need` is how many students each plan has, `given` how many each teacher has there already. As many students as can be
    are looked after: whoever is short takes from a plan that can turn to another teacher. What is left of a teacher's
    number goes to the first of their plans. With one plan, its own limits.
    """
    given = given or {}
    found = {plan: dict(given.get(plan, {})) for plan in sorted(limits)}
    room: dict[str, int] = {}
    for plan, of in limits.items():
        for teacher, limit in of.items():
            room[teacher] = max(room.get(teacher, 0), limit)
            found[plan].setdefault(teacher, 0)
    for of in found.values():
        for teacher, number in of.items():
            room[teacher] = room.get(teacher, 0) - number
    for plan, of in found.items():
        while sum(of.values()) < need.get(plan, 0) and _one_more(plan, found, limits, given, room):
            pass
    for plan, of in found.items():
        for teacher in sorted(limits[plan]):
            more = max(min(limits[plan][teacher] - of[teacher], room[teacher]), 0)
            of[teacher] += more
            room[teacher] -= more
    return found


def _one_more(
    plan: int,
    found: dict[int, dict[str, int]],
    limits: Mapping[int, Mapping[str, int]],
    given: Mapping[int, Mapping[str, int]],
    room: dict[str, int],
) -> bool:
    """One student more of a plan: by a teacher with room, else by one whom another plan can spare, along the shortest chain."""
    came: dict[int, tuple[int, str]] = {}
    waiting = deque([plan])
    while waiting:
        at = waiting.popleft()
        for teacher in sorted(limits[at]):
            if found[at][teacher] >= limits[at][teacher]:
                continue
            if room[teacher] > 0:
                room[teacher] -= 1
                found[at][teacher] += 1
                while at != plan:
                    # Who is freed here takes one for the plan before.
                    before, spared = came[at]
                    found[at][spared] -= 1
                    found[before][spared] += 1
                    at = before
                return True
            for other in found:
                fixed = given.get(other, {}).get(teacher, 0)
                if other != plan and other not in came and found[other].get(teacher, 0) > fixed:
                    came[other] = (at, teacher)
                    waiting.append(other)
    return False


def share_out(
    students: Mapping[str, str], limits: Mapping[str, int], given: Mapping[str, str] | None = None
) -> dict[str, str]:
    """A teacher for each student, so that a base is visited by as few teachers as their numbers allow.

    `students` says at which base each is, `limits` how many each teacher takes, `given` who already looks after whom
    (kept). The bases with most students come first; each is filled by the teacher who is there already, else by the one
    with the least room that is enough, else by the one with most room. A rule of thumb, the same every time; students
    beyond all limits are not in the answer.
    """
    found = {student: teacher for student, teacher in (given or {}).items() if student in students}
    room = Counter(dict(limits))
    there: dict[str, set[str]] = {}
    for student, teacher in found.items():
        room[teacher] -= 1
        there.setdefault(students[student], set()).add(teacher)
    waiting: dict[str, list[str]] = {}
    for student, base in sorted(students.items()):
        if student not in found:
            waiting.setdefault(base, []).append(student)
    for base, rows in sorted(waiting.items(), key=lambda row: (-len(row[1]), row[0])):
        while rows:
            free = [teacher for teacher in sorted(limits) if room[teacher] > 0]
            if not free:
                return found
            known = [teacher for teacher in free if teacher in there.get(base, ())]
            enough = [teacher for teacher in free if room[teacher] >= len(rows)]
            teacher = (
                max(known, key=lambda one: room[one])
                if known
                else min(enough, key=lambda one: room[one])
                if enough
                else max(free, key=lambda one: room[one])
            )
            number = min(room[teacher], len(rows))
            for student in rows[:number]:
                found[student] = teacher
            del rows[:number]
            room[teacher] -= number
            there.setdefault(base, set()).add(teacher)
    return found
