"""A Monday: every student hands in the week, each tenth twice, through the whole stack below the socket and without an error."""

from __future__ import annotations

import io
import json
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import count
from statistics import quantiles
from threading import Barrier
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, connections
from django.middleware.csrf import _get_new_csrf_string
from django.utils import timezone

from benchmarks import data
from benchmarks.timing import Row, within
from zhixing.org.models import AcademicYear, Cohort, Major, MajorGroup, Membership, Person, Student, User
from zhixing.partners.models import Organisation
from zhixing.practice import running_weeks
from zhixing.practice.models import Placement, Post, PracticePlan, WeekEntry
from zhixing.practice.running import monday_of

# So many at once on this machine: a server has about as many threads.
AT_ONCE = 8
# 20,000 students in ten minutes.
PACE = 20_000 / 600
_URL = "/api/v1/practice/my-week"


def _placements(number: int) -> list[tuple[int, User]]:
    """That many students at work, each with an account; 40 at a firm."""
    today = timezone.localdate()
    unit = data.college()["units"][0]
    group, _new = MajorGroup.objects.get_or_create(
        code="BW", defaults={"name": "某专业群", "unit": unit, "starts_on": date(2015, 9, 1)}
    )
    major, _new = Major.objects.get_or_create(
        code="590001", defaults={"name": "某专业", "unit": unit, "group": group, "starts_on": date(2015, 9, 1)}
    )
    cohort, _new = Cohort.objects.get_or_create(
        code="BW1", defaults={"name": "某班", "major": major, "entry_year": 2023}
    )
    year, _new = AcademicYear.objects.get_or_create(
        code="2025-2026", defaults={"starts_on": date(2025, 9, 1), "ends_on": date(2026, 8, 31)}
    )
    plan = PracticePlan.objects.create(
        code=f"BW-{uuid.uuid4().hex[:8]}",
        title="岗位实习",
        major=major,
        year=year,
        starts_on=today - timedelta(days=60),
        ends_on=today + timedelta(days=60),
        weeks=17,
        status="running",
        approved_on=today - timedelta(days=90),
    )
    firms = Organisation.objects.bulk_create(
        Organisation(name=f"实习单位{n}", uscc=data.code(900_000 + n), kind="enterprise")
        for n in range(number // 40 + 1)
    )
    posts = Post.objects.bulk_create(
        Post(code=f"BW{n}", title="岗位", plan=plan, organisation=firm, places=40, status="approved", approved_on=today)
        for n, firm in enumerate(firms)
    )
    people = Person.objects.bulk_create(
        (Person(name=f"学生{n}", staff_number=f"BW{n:06d}", unit=unit) for n in range(number)), batch_size=5000
    )
    users = User.objects.bulk_create(
        (User(username=f"bw{n:06d}", person=person) for n, person in enumerate(people)), batch_size=5000
    )
    Membership.objects.bulk_create(
        (Membership(person=person, role="student", unit=unit, starts_on=date(2023, 9, 1)) for person in people),
        batch_size=5000,
    )
    students = Student.objects.bulk_create(
        (
            Student(number=f"B{n:08d}", name=person.name, cohort=cohort, person=person)
            for n, person in enumerate(people)
        ),
        batch_size=5000,
    )
    placements = Placement.objects.bulk_create(
        (
            Placement(
                plan=plan,
                student=student,
                post=posts[n // 40],
                starts_on=plan.starts_on,
                ends_on=plan.ends_on,
                status="running",
            )
            for n, student in enumerate(students)
        ),
        batch_size=5000,
    )
    return [(placement.pk, user) for placement, user in zip(placements, users, strict=True)]


def _sessions(users: list[User]) -> list[str]:
    """A session for each, straight into the table."""
    store, until = SessionStore(), timezone.now() + timedelta(days=1)
    rows = []
    for user in users:
        said = {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[-1],
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
        rows.append(Session(session_key=uuid.uuid4().hex, session_data=store.encode(said), expire_date=until))
    Session.objects.bulk_create(rows, batch_size=5000)
    return [row.session_key for row in rows]


def _week(placement: int, monday: date) -> dict[str, Any]:
    return {
        "placement": placement,
        "monday": monday.isoformat(),
        "hours": 40,
        "mood": 4,
        "text": f"本周在岗位完成第{placement}号任务，熟悉流程与规范。",
        "client_id": str(uuid.uuid4()),
        "written_at": timezone.now().isoformat(),
        "code": "123456",
        "device": f"phone-{placement}",
    }


class _Phone:
    """Sends weeks to the WSGI application, signed in and with a token, as a browser does."""

    def __init__(self) -> None:
        self.application = WSGIHandler()
        self.token = _get_new_csrf_string()

    def post(self, session: str, week: dict[str, Any]) -> float:
        """How long the answer took, in seconds; anything but 200 is an error of the measurement."""
        body = json.dumps(week).encode()
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": _URL,
            "QUERY_STRING": "",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "HTTP_HOST": "127.0.0.1",
            "HTTP_COOKIE": f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={self.token}",
            "HTTP_X_CSRFTOKEN": self.token,
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.url_scheme": "http",
            "wsgi.version": (1, 0),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        told: list[str] = []
        began = time.perf_counter()
        response = self.application(environ, lambda status, headers, *_rest: told.append(status))
        answer = b"".join(response)
        response.close()
        took = time.perf_counter() - began
        if not told[0].startswith("200"):
            raise AssertionError(f"{told[0]}: {answer[:300]!r}")
        return took


def _database_time(pairs: list[tuple[int, User]], monday: date) -> float:
    """Milliseconds that the database takes for one entry: both statements, without the account's."""
    from zhixing.org.actors import actor_for

    spent = [0.0]

    def clock(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            spent[0] += time.perf_counter() - began

    actors = [(pk, actor_for(user)) for pk, user in pairs]
    for _pk, actor in actors:
        actor.can(running_weeks.OWN, "add")
    with connection.execute_wrapper(clock):
        for pk, actor in actors:
            running_weeks.hand_in(running_weeks.read(_week(pk, monday), timezone.now()), by=actor)
    return spent[0] / len(actors) * 1000


def measure(number: int) -> Iterator[Row]:
    """`number` students hand in one week, eight at a time, as fast as they are answered."""
    pairs = _placements(number)
    sessions = _sessions([user for _pk, user in pairs])
    data.vacuum()
    monday = monday_of(timezone.localdate())
    phone, turn = _Phone(), count()

    def hand_in(pair: tuple[tuple[int, User], str]) -> list[float]:
        (pk, _user), session = pair
        week = _week(pk, monday)
        # An answer that was lost on the way: the phone sends the same again.
        times = 2 if next(turn) % 10 == 0 else 1
        return [phone.post(session, week) for _time in range(times)]

    phone.post(sessions[0], _week(pairs[0][0], monday - timedelta(days=7)))
    together = Barrier(AT_ONCE)

    def part(_thread: int) -> None:
        # Each thread closes its own connection, or the database could not be dropped: they wait until all are here.
        together.wait(timeout=60)
        connections.close_all()

    began, worked = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            took = [each for answers in pool.map(hand_in, zip(pairs, sessions, strict=True)) for each in answers]
            whole, worked = time.perf_counter() - began, time.process_time() - worked
        finally:
            list(pool.map(part, range(AT_ONCE)))
    kept = WeekEntry.objects.filter(monday=monday).count()
    if kept != number:
        raise AssertionError(f"{kept} weeks kept of {number}")
    slowest = quantiles(took, n=20)[-1]
    note = (
        f"{number / whole:.0f} a second, each tenth sent twice and kept once, no error; p95 {slowest * 1000:.0f} ms; "
        f"{worked / len(took) * 1000:.0f} ms of this process's own work a sending"
    )
    limit = round(number / PACE, 1)
    yield within(f"{number:,} students hand in their week", "weeks handed in on a Monday", whole, limit, note)
    each = _database_time(pairs[:500], monday - timedelta(days=7))
    yield within("one week handed in", "database time of an entry", each, 10, "two statements", "ms")
