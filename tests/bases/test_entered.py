"""A number of students that somebody gives stands, by whatever way it came; the count leaves it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, TestCase

from tests.bases import factories as make
from tests.bases.conftest import TODAY
from tests.governance.factories import College
from zhixing.bases import demand, queries
from zhixing.bases.models import PracticeDemand
from zhixing.kernel import importing
from zhixing.kernel.sheet import sheet_for


def by_page(client: Client, _home: College, row: PracticeDemand) -> None:
    url = f"/bases/practice_demand/{row.pk}/edit/"
    form = client.get(url).context["form"]
    said = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    assert client.post(url, said | {"students": 26}).status_code == 302


def by_program(client: Client, _home: College, row: PracticeDemand) -> None:
    url = f"/api/v1/bases/practice_demand/{row.pk}"
    assert client.patch(url, {"students": 26}, content_type="application/json").status_code == 200


def by_register(_client: Client, home: College, row: PracticeDemand) -> None:
    sheet, office = sheet_for(PracticeDemand), home.actor("office")
    assert sheet is not None
    text = f"专业代码,学期,实践类型,应实践学生数\n{row.major.code},{row.term},{row.get_kind_display()},26\n"
    run, _reading = importing.start(sheet, text.encode(), "人数.csv", by=office)
    importing.preview(run, by=office)
    assert importing.commit(run, by=office).changed == [row.pk]


@pytest.mark.parametrize("way", [by_page, by_program, by_register])
def test_the_count_leaves_what_somebody_entered(
    client: Client, home: College, way: Callable[[Client, College, PracticeDemand], Any]
) -> None:
    terms = make.terms(home)
    major = make.major(home)
    make.cohort(major, 2025, 30)
    ahead = queries.terms_from(TODAY)
    demand.compute(ahead)
    row = PracticeDemand.objects.get(term=terms[1], kind="visit")
    client.force_login(home.user("dean"), backend=settings.AUTHENTICATION_BACKENDS[-1])
    connection.run_on_commit = []  # what was counted above is committed
    with TestCase.captureOnCommitCallbacks(execute=True):
        way(client, home, row)
    row.refresh_from_db()
    assert (row.students, row.source) == (26, "edited")
    # Also before anybody was told of the change.
    PracticeDemand.objects.filter(pk=row.pk).update(source="computed")
    make.cohort(major, 2025, 5)
    assert demand.compute(ahead) > 0
    row.refresh_from_db()
    assert row.students == 26
