"""A small college with its policy loaded, judged, and somebody behind every standing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import TestCase
from django.utils import timezone

from tests.factories import World, make, valid_uscc
from zhixing.governance.models import Task
from zhixing.org.calendar import academic_year
from zhixing.org.models import AcademicYear, MajorGroup, School
from zhixing.partners.models import IndustryLink, Organisation
from zhixing.policy.engine import assess


class Place(World):
    """The college of `tests.factories` with one major group at the first college, linked with one association."""

    def __init__(self) -> None:
        super().__init__()
        self.today: date = timezone.localdate()
        year = academic_year(self.today)
        self.year_code = year.code
        self.year: Any = AcademicYear.objects.create(code=year.code, starts_on=year.starts_on, ends_on=year.ends_on)
        School.objects.create(code="4600000001", name="海南样例职业学院")
        self.group = MajorGroup.objects.create(
            code="ZYQ1",
            name="样例专业群",
            unit=self.own,
            leader=self.people["group_leader"],
            starts_on=date(2020, 9, 1),
        )
        self.association = Organisation.objects.create(name="海南样例行业协会", kind="association", uscc=valid_uscc(7))
        self.link = self.add_link()
        call_command("load-policy", verbosity=0)
        assess()

    def add_link(self) -> IndustryLink:
        return IndustryLink.objects.create(
            group=self.group,
            organisation=self.association,
            starts_on=self.today - timedelta(days=400),
            status="approved",
        )

    def task(self, title: str, days: int, owner: str = "teacher", **given: Any) -> Task:
        """A task of the first college, due in `days`."""
        begun = min(self.year.starts_on, self.today - timedelta(days=90))
        due = self.today + timedelta(days=days)
        return make(Task, unit=self.own, owner=self.people[owner], title=title, starts_on=begun, due=due, **given)


@pytest.fixture
def place(db: None) -> Place:
    cache.clear()
    return Place()


@pytest.fixture
def commit(db: None) -> Callable[[], AbstractContextManager[None]]:
    """What is written inside the block is taken for committed: listeners hear of it, and of nothing before."""

    @contextmanager
    def block() -> Iterator[None]:
        connection.run_on_commit = []
        with TestCase.captureOnCommitCallbacks(execute=True):
            yield

    return block
