"""Who of the teachers looks after whom: no teacher beyond their number, and few teachers at one base."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping


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
