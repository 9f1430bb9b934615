"""What is added by an action, when two do it at the same moment."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError
from psycopg.errors import DeadlockDetected

from tests.factories import build, make
from zhixing.kernel import acting
from zhixing.kernel.models import Event
from zhixing.kernel.scope import SYSTEM
from zhixing.org.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def broken_off(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The database breaks off the first of the writes of persons, as it does with one of two that wait for one another."""
    tries: list[int] = []
    save = Person.save

    def once(self: Person, *args: Any, **kwargs: Any) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise OperationalError("deadlock detected") from DeadlockDetected()
        save(self, *args, **kwargs)

    monkeypatch.setattr(Person, "save", once)
    return tries


def test_who_was_broken_off_is_asked_again(broken_off: list[int]) -> None:
    person, _several = build(Person)
    acting.add(person, by=SYSTEM)
    assert Person.objects.get() == person and Event.objects.filter(record_id=person.pk, verb="created").count() == 1


def test_who_was_slower_is_told_why(request: pytest.FixtureRequest) -> None:
    there = make(Person, staff_number="T001")
    request.getfixturevalue("broken_off")
    person, _several = build(Person, staff_number=there.staff_number)
    with pytest.raises(ValidationError) as refused:
        acting.add(person, by=SYSTEM)
    assert refused.value.messages and "deadlock" not in str(refused.value)
    assert Person.objects.get() == there


def test_other_faults_of_the_database_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(Person, "save", lost)
    person, _several = build(Person)
    with pytest.raises(OperationalError):
        acting.add(person, by=SYSTEM)
