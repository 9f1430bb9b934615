"""From draft to end by the acts alone: who confirms, who approves, what comes into force, what follows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from tests.agreements import makers
from zhixing.agreements import actions, chains, jobs, on_paper, queries
from zhixing.agreements.models import Agreement, AgreementParty, Obligation, Signature
from zhixing.governance.models import Task
from zhixing.kernel.models import Event, Notice
from zhixing.kernel.scope import SYSTEM
from zhixing.org.models import User

pytestmark = pytest.mark.usefixtures("today")
Status = Agreement.Status


def code_of(error: pytest.ExceptionInfo[ValidationError]) -> str | None:
    first = error.value
    return getattr(first, "code", None) or (first.error_list[0].code if first.error_list else None)


def test_the_whole_way_on_paper(home: makers.College) -> None:
    record = makers.agreement(home)
    Obligation(agreement=record, party_role="enterprise", title="设立奖学金", due=date(2026, 9, 1)).save()
    actions.ask(record, by=SYSTEM)
    assert record.status == Status.CONFIRMING
    firm = AgreementParty.objects.get(agreement=record, role="enterprise")
    assert (firm.name, firm.uscc) == (home.firm.name, home.firm.uscc)
    assert queries.ball(record).who == (home.firm.name,)
    with pytest.raises(ValidationError) as refused:
        actions.submit(record, by=SYSTEM)
    assert code_of(refused) == "unconfirmed"

    actions.confirm(firm, by=SYSTEM, name="李经理", contact="李经理")
    assert firm.confirmed_by == "李经理"
    record = makers.Agreement.objects.get(pk=record.pk)
    actions.submit(record, by=SYSTEM)
    assert record.status == Status.SUBMITTED and record.number is None
    from zhixing.kernel import approval
    from zhixing.kernel.models import ApprovalStation
    from zhixing.kernel.scope import Actor, Grant

    station = ApprovalStation.objects.get(case__record_id=record.pk, state="pending")
    approval.approve(station.pk, by=Actor(name="教务处", grants=(Grant("office", frozenset()),)))
    record.refresh_from_db()
    assert (record.status, record.number) == (Status.APPROVED, "KJ-2026-T01-001")

    on_paper.record_all(record, by=SYSTEM, signed_on=date(2026, 3, 5))
    assert (record.status, record.signed_on) == (Status.IN_FORCE, date(2026, 3, 5))
    assert Signature.objects.filter(request__agreement=record, method="paper").count() == 2
    task = Task.objects.get(obligation__agreement=record)
    assert (task.owner, task.unit, task.due) == (home.keeper, home.unit, date(2026, 9, 1))
    verbs = list(
        Event.objects.filter(record_type="agreements.agreement", record_id=record.pk).values_list("verb", flat=True)
    )
    assert {"ask", "submit", "approve", "enforce"} <= set(verbs)

    obligation = Obligation.objects.get(agreement=record)
    actions.fulfil(obligation, by=SYSTEM, fulfilled_on=date(2026, 3, 9))
    task.refresh_from_db()
    assert task.status == Task.Status.DONE


def test_a_kind_without_approval_is_cleared_and_not_submitted(home: makers.College) -> None:
    record = makers.ready(home, "tripartite", student=home.student, counterparty=home.firm)
    with pytest.raises(ValidationError) as refused:
        actions.submit(record, by=SYSTEM)
    assert code_of(refused) == "no_approval"
    actions.clear(record, by=SYSTEM)
    assert record.number == "SX-2026-T01-001"
    with pytest.raises(ValidationError) as refused:
        actions.enforce(record, by=SYSTEM)
    assert code_of(refused) == "unsigned"


def test_what_is_approved_goes_back_to_its_editor_and_keeps_its_number(home: makers.College) -> None:
    record = makers.approved(home)
    with pytest.raises(ValidationError):
        actions.give_back(record, by=SYSTEM)
    actions.give_back(record, by=SYSTEM, comment="企业名称有变")
    assert (record.status, record.number) == (Status.DRAFT, "KJ-2026-T01-001")


def test_two_of_a_kind_with_one_partner_do_not_stand_at_the_same_time(home: makers.College) -> None:
    makers.in_force(home)
    second = makers.approved(home, title="另一份", starts_on=date(2029, 2, 28), ends_on=date(2030, 1, 1))
    with pytest.raises(ValidationError) as refused:
        on_paper.record_all(second, by=SYSTEM, signed_on=date(2026, 3, 9))
    assert "相同" in str(refused.value) or "already in force" in str(refused.value) or "生效" in str(refused.value)
    second.refresh_from_db()
    assert second.status == Status.APPROVED
    # The day after the last day they may; with a lawful reason, or of another kind, at any time.
    Agreement.objects.filter(pk=second.pk).update(starts_on=date(2029, 3, 1))
    second.refresh_from_db()
    on_paper.record_all(second, by=SYSTEM, signed_on=date(2026, 3, 9))
    third = makers.approved(home, title="第三份", overlap_reason="面向不同校区")
    on_paper.record_all(third, by=SYSTEM, signed_on=date(2026, 3, 9))
    assert third.status == Status.IN_FORCE


def test_the_database_itself_holds_the_rules(home: makers.College) -> None:
    record = makers.in_force(home)
    for wrong in ({"signed_on": None}, {"ends_on": date(2020, 1, 1)}, {"status": "terminated"}, {"amount": -1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Agreement.objects.filter(pk=record.pk).update(**wrong)


def test_an_amendment_replaces_what_it_amends(home: makers.College) -> None:
    old = makers.in_force(home)
    page = chains.amend(old, by=SYSTEM, comment="增加岗位")
    new = Agreement.objects.get(amends=old)
    assert page.endswith(f"/{new.pk}/") and new.contents == old.contents and new.status == Status.DRAFT
    for party in new.parties.filter(confirmed_at=None):
        actions.confirm(party, by=SYSTEM, name="李经理")
    _approve(new)
    on_paper.record_all(new, by=SYSTEM, signed_on=date(2026, 3, 10))
    old.refresh_from_db()
    assert (old.status, new.status) == (Status.REPLACED, Status.IN_FORCE)
    assert list(queries.valid_on(date(2026, 3, 10))) == [new]
    assert list(queries.valid_on(date(2026, 3, 9))) == [old]


def _approve(record: Agreement) -> None:
    from zhixing.kernel import approval
    from zhixing.kernel.models import ApprovalStation
    from zhixing.kernel.scope import Actor, Grant

    actions.submit(record, by=SYSTEM)
    station = ApprovalStation.objects.get(case__record_id=record.pk, state="pending")
    approval.approve(station.pk, by=Actor(name="教务处", grants=(Grant("office", frozenset()),)))
    record.refresh_from_db()


def test_a_renewal_begins_the_day_after_and_the_old_one_ends_as_renewed(home: makers.College) -> None:
    old = makers.in_force(home, starts_on=date(2025, 3, 1), ends_on=date(2026, 3, 31))
    chains.renew(old, by=SYSTEM)
    new = Agreement.objects.get(renews=old)
    assert new.starts_on == date(2026, 4, 1)
    assert list(queries.expiring(date(2026, 3, 10))) == [old]
    for party in new.parties.filter(confirmed_at=None):
        actions.confirm(party, by=SYSTEM, name="李经理")
    _approve(new)
    on_paper.record_all(new, by=SYSTEM, signed_on=date(2026, 3, 10))
    assert not queries.expiring(date(2026, 3, 10)).exists()
    old.refresh_from_db()
    assert old.status == Status.IN_FORCE


def test_terminated_with_a_reason_and_its_open_tasks_are_given_up(home: makers.College) -> None:
    record = makers.approved(home)
    Obligation(agreement=record, party_role="school", title="派教师", due=date(2026, 9, 1)).save()
    on_paper.record_all(record, by=SYSTEM, signed_on=date(2026, 3, 2))
    with pytest.raises(ValidationError):
        chains.terminate(record, by=SYSTEM, ended_on=date(2026, 3, 10))
    with pytest.raises(ValidationError) as refused:
        chains.terminate(record, by=SYSTEM, ended_on=date(2031, 1, 1), comment="企业停业")
    assert code_of(refused) == "outside_term"
    chains.terminate(record, by=SYSTEM, ended_on=date(2026, 3, 10), comment="企业停业")
    assert (record.status, record.end_reason) == (Status.TERMINATED, "企业停业")
    assert Task.objects.get(obligation__agreement=record).status == Task.Status.DROPPED
    assert queries.valid_on(date(2026, 3, 10)).exists() and not queries.valid_on(date(2026, 3, 11)).exists()


@pytest.mark.parametrize(("left", "notices"), [(91, 0), (90, 1), (31, 1), (30, 1), (7, 1), (0, 1)])
def test_its_keeper_is_told_before_the_end_and_once_a_step(
    home: makers.College, today: date, left: int, notices: int
) -> None:
    User.objects.create(username="keeper", person=home.keeper)
    last = today + timedelta(days=left)
    makers.in_force(home, starts_on=date(2025, 3, 1), ends_on=last)
    assert jobs.remind_expiring(today) == notices
    assert jobs.remind_expiring(today) == 0
    assert Notice.objects.filter(key__startswith="agreement_expiring:").count() == notices


def test_what_has_run_out_is_closed_by_itself(home: makers.College, today: date) -> None:
    record = makers.in_force(home, starts_on=date(2025, 3, 1), ends_on=today, signed_on=date(2025, 3, 1))
    assert jobs.close_run_out(today) == 0
    Agreement.objects.filter(pk=record.pk).update(ends_on=today - timedelta(days=1))
    assert jobs.close_run_out(today) == 1
    record.refresh_from_db()
    assert (record.status, record.ended_on) == (Status.ENDED, today - timedelta(days=1))
