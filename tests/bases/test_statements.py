"""The ledger's alarms, and the yearly statement that both sides confirm: the firm by its link on a phone."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client

from tests.bases import factories as make
from tests.bases.conftest import TODAY
from tests.governance.factories import College
from zhixing.bases import actions, jobs, queries, statements
from zhixing.bases.models import Base, BenefitStatement, Contribution, SafetyCheck
from zhixing.kernel.models import Notice


@pytest.fixture
def statement(home: College) -> BenefitStatement:
    base = make.base(home)
    make.contribution(base, "firm", delivered_on=date(2025, 5, 6), accepted_on=date(2025, 5, 9), due=date(2025, 5, 1))
    make.contribution(base, "school", delivered_on=date(2025, 5, 6), accepted_on=date(2025, 5, 9), due=date(2025, 5, 2))
    make.use(base, "training", people=60, income=Decimal(9000))
    make.use(base, "service", day=date(2024, 6, 1), hours=Decimal(99))
    make.guide(base, home)
    actions.draw_up(base, by=home.actor("dean"), year=2025)
    return BenefitStatement.objects.get()


def test_the_lines_are_counted_of_the_year(statement: BenefitStatement) -> None:
    told = {giver: {line.key: line.value for line in lines} for giver, lines in statements.sides(statement).items()}
    assert told == {
        "firm": {"equipment": 100_000, "guides": 1},
        "school": {"equipment": 100_000, "trained": 60, "income": 9000},
    }
    assert statements.worth(statements.sides(statement)["school"]) == 100_000
    assert not statements.moved(statement)
    make.use(statement.base, "training", people=5)
    assert statements.moved(statement)


def send(home: College, statement: BenefitStatement, **more: str) -> str:
    return actions.send_statement(statement, by=home.actor("dean"), name="王经理", **more).value


def test_the_firm_confirms_by_link_once(
    client: Client, home: College, statement: BenefitStatement, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        link = send(home, statement, email="wang@example.com")
    assert mail.outbox[0].to == ["wang@example.com"] and link in mail.outbox[0].body
    path = link.removeprefix("http://127.0.0.1:8000")
    for _time in range(2):  # looking uses nothing up
        assert "100,000" in client.get(path).content.decode()
    with pytest.raises(ValidationError):
        actions.redraw(statement, by=home.actor("dean"))
    assert client.post(path, {"do": "dispute", "remark": " "}).status_code == 422
    assert client.post(path, {"do": "confirm", "remark": "属实"}).status_code == 200
    statement.refresh_from_db()
    assert (statement.status, statement.firm_confirmed_by, statement.firm_confirmed_on) == (
        "confirmed",
        "王经理",
        TODAY,
    )
    assert client.post(path, {"do": "confirm"}).status_code == 410


def test_what_the_firm_was_shown_is_what_was_drawn_up(
    client: Client, home: College, statement: BenefitStatement, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = send(home, statement).removeprefix("http://127.0.0.1:8000")
    make.use(statement.base, "training", people=5, income=Decimal(1))
    Contribution.objects.all().delete()
    monkeypatch.setattr(statements, "given", lambda *_args, **_more: [])
    assert "100,000" in client.get(link).content.decode()
    client.force_login(home.user("dean"), backend="zhixing.org.accounts.PersonBackend")
    shown = client.get(f"/bases/statements/{statement.pk}/")
    assert [len(side["lines"]) for side in shown.context["sides"]] == [2, 3] and not shown.context["moved"]


def test_a_disputed_statement_comes_back_and_a_new_link_replaces_the_old(
    client: Client, home: College, statement: BenefitStatement
) -> None:
    first = send(home, statement).removeprefix("http://127.0.0.1:8000")
    second = actions.ask_again(statement, by=home.actor("dean"), name="李总").value.removeprefix(
        "http://127.0.0.1:8000"
    )
    assert client.get(first).status_code == 410
    client.post(second, {"do": "dispute", "remark": "培训人次不符"})
    statement.refresh_from_db()
    assert (statement.status, statement.firm_remark) == ("disputed", "培训人次不符")
    make.use(statement.base, "training", people=5)
    actions.redraw(statement, by=home.actor("dean"))
    third = send(home, statement).removeprefix("http://127.0.0.1:8000")
    actions.reopen_statement(statement, by=home.actor("dean"), comment="再核对")
    assert client.get(third).status_code == 410


def test_what_is_idle_is_counted_from_use(home: College) -> None:
    base = make.base(home)
    room = make.room(base)
    long_ago = TODAY - timedelta(days=400)
    old = {"due": long_ago, "delivered_on": long_ago, "accepted_on": long_ago}
    in_room, at_large = make.contribution(base, room=room, **old), make.contribution(base, **old)
    make.contribution(base)  # accepted lately
    make.contribution(base, kind="cash", **old)
    assert set(queries.idle(TODAY)) == {in_room, at_large}
    make.use(base, day=TODAY - timedelta(days=10))
    assert set(queries.idle(TODAY)) == {in_room}
    make.use(base, day=TODAY - timedelta(days=10), room=room)
    assert not queries.idle(TODAY).exists()
    assert queries.book_value(
        Contribution(delivered_value=100, delivered_on=long_ago, depreciation_years=2), TODAY
    ) == pytest.approx(45, abs=1)


def test_the_list_marks_what_is_idle(client: Client, home: College) -> None:
    base = make.base(home)
    today = date.today()  # the database's own day: lists do not know the day on which tests stand
    long_ago = today - timedelta(days=queries.idle_days() + 5)
    old = {"due": long_ago, "delivered_on": long_ago, "accepted_on": long_ago}
    idle = make.contribution(base, room=make.room(base), **old)
    used = make.contribution(base, room=make.room(base), **old)
    make.contribution(base, due=today, delivered_on=today, accepted_on=today)
    make.use(base, day=today - timedelta(days=3), room=used.room)
    make.use(make.base(home), day=today)
    client.force_login(home.user("dean"), backend="zhixing.org.accounts.PersonBackend")
    shown = client.get("/bases/contribution/").context
    assert [(tab["count"], tab["url"]) for tab in shown["tabs"] if tab.get("tone")] == [(1, "?idle=true")]
    rows = client.get("/api/v1/bases/contribution", {"idle": "true"}).json()
    assert [row["id"] for row in rows["items"]] == [idle.pk]


def test_each_alarm_is_told_once_a_step(home: College) -> None:
    base = make.base(home)
    late = make.contribution(base, accepted=False, due=TODAY - timedelta(days=2))
    long_ago = TODAY - timedelta(days=400)
    make.contribution(base, due=long_ago, delivered_on=long_ago, accepted_on=long_ago)
    SafetyCheck.objects.create(base=base, due=TODAY - timedelta(days=8))
    SafetyCheck.objects.create(base=base, due=TODAY)
    asked = (jobs.remind_undelivered, jobs.remind_idle, jobs.remind_overdue_checks)
    # A safety check a week late reaches the dean too.
    assert [ask(TODAY) for ask in asked] == [1, 1, 2]
    assert [ask(TODAY) for ask in asked] == [0, 0, 0]
    assert jobs.remind_undelivered(TODAY + timedelta(days=30)) == 2
    late.status, late.delivered_on, late.delivered_value = "delivered", TODAY, 1
    late.save()
    assert jobs.remind_undelivered(TODAY + timedelta(days=60)) == 0
    assert Notice.objects.filter(user=home.user("teacher")).count() == 4


def test_a_check_plans_the_next_and_says_what_was_mended(home: College) -> None:
    check = SafetyCheck.objects.create(base=make.base(home), due=TODAY)
    dean = home.actor("dean")
    said = {"done_on": TODAY, "result": "mend", "checked_by": "保卫处", "findings": "消防通道堵塞"}
    actions.record_check(check, by=dean, next_due=date(2026, 9, 10), **said)
    assert list(queries.unmended(TODAY)) == [check]
    actions.mend(check, by=dean, mended_on=TODAY)
    assert not queries.unmended(TODAY).exists()
    assert SafetyCheck.objects.filter(base=check.base, due=date(2026, 9, 10), done_on=None).exists()
    with pytest.raises(ValidationError):
        actions.record_check(check, by=dean, **said)


def test_a_base_is_not_closed_over_what_was_put_in(home: College) -> None:
    base = make.base(home)
    thing = make.contribution(base)
    dean = home.actor("dean")
    with pytest.raises(ValidationError):
        actions.close_base(base, by=dean, closed_on=TODAY, comment="停用")
    actions.settle(thing, by=dean, settled_on=TODAY, settled_value=Decimal(70_000), comment="设备归企业")
    actions.close_base(base, by=dean, closed_on=TODAY, comment="停用")
    assert Base.objects.get().ends_on == TODAY
