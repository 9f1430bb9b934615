"""Registers that bring what was kept elsewhere: moments, structured cells, signed sheets; steps and rights stay what they are."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone, translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import World, make
from zhixing.kernel import exporting, importing
from zhixing.kernel.filtering import Listing
from zhixing.kernel.models import ApprovalRoute, ImportRun
from zhixing.kernel.scope import SYSTEM, Actor
from zhixing.kernel.sheet import Sheet, sheet_for
from zhixing.org.actors import actor_for
from zhixing.org.approval_routes import sorts_from_words, stations_from_words, stations_in_words
from zhixing.org.models import Delegation, Role, Student
from zhixing.policy.models import Acknowledgement, Policy
from zhixing.practice.models import Complaint, Incident, IncidentReport, Placement

pytestmark = pytest.mark.django_db
SLOW = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


def sheet_of(key: str) -> Sheet:
    found = sheet_for(key)
    assert found is not None
    return found


def brought(key: str, *lines: str, by: Actor = SYSTEM) -> ImportRun:
    data = ("\ufeff" + "\n".join(lines)).encode()
    run, _reading = importing.start(sheet_of(key), data, "register.csv", by=by)
    importing.commit(run, by=by)
    return run


def counts(run: ImportRun) -> tuple[int, ...]:
    return tuple(run.counts[name] for name in ("new", "changed", "same", "faulty"))


def exported(key: str, columns: str, folder: Path, kind: str = "csv") -> bytes:
    target = folder / f"register.{kind}"
    exporting.write(Listing(sheet_of(key), SYSTEM, QueryDict(f"columns={columns}")), kind, target)
    return target.read_bytes()


def test_incidents_of_the_past_come_by_their_minute_and_alarm_nobody(world: World) -> None:
    placement = make(Placement, unit=world.own)
    head = "学号,事件类型,发生时间,事件经过,状态,结案日期"
    number = placement.student.number
    rows = (
        f"{number},人身伤害,2026年3月5日14时30分,烫伤,已结案,2026-03-09",
        f"{number},交通事故,2026/3/6 下午2:30,擦伤,已结案,2026-03-09",
        f"{number},其他,2026-03-07,没有时间,已结案,2026-03-09",
    )
    run = brought("practice.incident", head, *rows, by=actor_for(world.users["office"]))
    assert counts(run) == (2, 0, 0, 1)
    assert run.faults[0][3] == "no_time"
    local = [
        timezone.localtime(at).strftime("%m-%d %H:%M") for at in Incident.objects.values_list("happened_at", flat=True)
    ]
    assert sorted(local) == ["03-05 14:30", "03-06 14:30"]
    assert not IncidentReport.objects.exists()
    # Twice is once, however the moment is written; and a state moves by its steps alone.
    again = f"{number},人身伤害,2026-03-05 14:30,烫伤,处理中,"
    assert counts(brought("practice.incident", head, again)) == (0, 0, 1, 0)
    assert set(Incident.objects.values_list("status", flat=True)) == {"closed"}
    importing.undo(run, by=SYSTEM)
    assert not Incident.objects.exists()


@SLOW
@given(seconds=st.integers(0, 10_000_000), micros=st.integers(0, 999_999))
def test_a_moment_leaves_and_comes_back_to_the_same_record(
    world: World, tmp_path_factory: pytest.TempPathFactory, seconds: int, micros: int
) -> None:
    at = timezone.make_aware(datetime(2025, 9, 1)) + timedelta(seconds=seconds, microseconds=micros)
    incident = make(Incident, unit=world.own, happened_at=at)
    columns = "placement,kind,happened_at,text"
    data = exported("practice.incident", columns, tmp_path_factory.mktemp("register"))
    run, _reading = importing.start(sheet_of("practice.incident"), data, "register.csv", by=SYSTEM)
    importing.commit(run, by=SYSTEM)
    assert not run.faults
    assert counts(run)[:2] == (0, 0)
    incident.refresh_from_db()
    assert incident.happened_at == at
    incident.delete()


def test_an_answer_is_given_by_its_step_and_comes_with_complaints_of_the_past(world: World) -> None:
    office = actor_for(world.users["office"])
    head = "投诉编号,投诉内容,受理日期,状态,答复内容,答复日期"
    first = "TS-1,加班,2025-03-01,已答复,已要求整改,2025-03-05"
    assert counts(brought("practice.complaint", head, first, "TS-2,未签协议,2025-04-01,已受理,,", by=office)) == (
        2,
        0,
        0,
        0,
    )
    run = brought("practice.complaint", head, first, "TS-2,未签协议,2025-04-01,已答复,没有这回事,2025-04-02", by=office)
    assert counts(run) == (0, 0, 2, 0)
    assert Complaint.objects.get(number="TS-2").status == "received"
    assert Complaint.objects.get(number="TS-2").answer == ""


def test_delegations_twice_are_once(world: World) -> None:
    dean, deputy = world.people["dean"], world.people["secretary"]
    head, row = (
        "委托人,受托人,角色,开始日期,结束日期,原因",
        f"{dean.staff_number},{deputy.staff_number},dean,2025-09-01,2025-09-30,外出",
    )
    office = actor_for(world.users["office"])
    run = brought("org.delegation", head, row, by=office)
    assert counts(run) == (1, 0, 0, 0)
    assert counts(brought("org.delegation", head, row, by=office)) == (0, 0, 1, 0)
    importing.undo(run, by=office)
    assert not Delegation.objects.filter(from_person=dean).exists()


def test_the_office_brings_signed_sheets_of_every_unit_and_rewrites_none(world: World) -> None:
    policy = make(Policy)
    head = "文号,单位,签收人,签收日期"
    rows = [
        f"{policy.number},{unit.code},{person.staff_number},2025-09-10"
        for unit, person in ((world.own, world.people["dean"]), (world.sibling, world.people["hr"]))
    ]
    office = actor_for(world.users["office"])
    assert counts(brought("policy.acknowledgement", head, *rows, by=office)) == (2, 0, 0, 0)
    assert counts(brought("policy.acknowledgement", head, *rows, by=office)) == (0, 0, 2, 0)
    run = brought("policy.acknowledgement", head, rows[0].replace("09-10", "09-11"), by=office)
    assert (counts(run), run.faults[0][3]) == ((0, 0, 0, 1), "not_yours")
    assert set(Acknowledgement.objects.values_list("acknowledged_on", flat=True)) == {date(2025, 9, 10)}


# Routes of approval ------------------------------------------------------------------------------------------------------------

_STATION = st.fixed_dictionaries(
    {"role": st.sampled_from(Role.values), "at": st.sampled_from(["own", "school"]), "idle_days": st.integers(1, 60)},
    optional={"escalate": st.sampled_from(Role.values)},
)


@SLOW
@given(st.lists(_STATION, max_size=6), st.sampled_from(["zh-hans", "en"]))
def test_stations_are_read_back_as_they_were_written(stations: list[dict[str, object]], language: str) -> None:
    with translation.override(language):
        words = stations_in_words(stations)
    assert stations_from_words(words) == stations


def test_a_route_comes_from_a_register_with_its_stations(tmp_path: Path) -> None:
    head = "流程名称,适用类型,起始金额,启用日期,审批环节,仅适用于"
    row = '大额任务书,governance.task_book,500000,2025-01-01,"二级学院负责人（记录所属单位，5天，逾期报校领导）；校领导（学校）",'
    dean = str(translation.gettext("college dean"))
    row = row.replace("二级学院负责人", dean).replace("校领导", str(translation.gettext("school leader")))
    place = str(translation.gettext("of the school"))
    row = row.replace("（学校）", f"（{place}）")
    run = brought("kernel.approval_route", head, row)
    assert counts(run) == (1, 0, 0, 0), run.faults
    route = ApprovalRoute.objects.get(name="大额任务书")
    assert route.stations == [
        {"role": "dean", "at": "own", "idle_days": 5, "escalate": "leader"},
        {"role": "leader", "at": "school", "idle_days": 3},
    ]
    assert route.sorts == []
    before = list(ApprovalRoute.objects.order_by("pk").values_list("name", "stations", "sorts"))
    data = exported("kernel.approval_route", "name,record_type,amount_from,effective_from,stations,sorts", tmp_path)
    again, _reading = importing.start(sheet_of("kernel.approval_route"), data, "routes.csv", by=SYSTEM)
    importing.commit(again, by=SYSTEM)
    assert not again.faults, again.faults
    assert counts(again)[:2] == (0, 0)
    assert list(ApprovalRoute.objects.order_by("pk").values_list("name", "stations", "sorts")) == before
    wrong = brought("kernel.approval_route", head, row.replace(dean, "门卫"))
    assert (counts(wrong), wrong.faults[0][3]) == ((0, 0, 0, 1), "invalid")
    assert "门卫" in wrong.faults[0][4]


def test_a_route_for_sorts_of_another_type_is_refused() -> None:
    head = "流程名称,适用类型,启用日期,审批环节,仅适用于"
    dean = str(translation.gettext("college dean"))
    for key, refused in (("governance.task_book", 1), ("agreements.agreement", 0)):
        run = brought("kernel.approval_route", head, f"专用,{key},2025-01-01,{dean},framework")
        assert counts(run) == (1 - refused, 0, 0, refused), run.faults
    assert not ApprovalRoute.objects.filter(record_type="governance.task_book", name="专用").exists()


def test_a_register_does_not_tell_whether_a_guess_at_another_units_telephone_is_right(world: World) -> None:
    student = make(Student, unit=world.sibling, phone="13800001234")
    dean, head = actor_for(world.users["dean"]), "学号,姓名,班级,手机号码"
    for guess in ("13800001234", "13800001235"):
        run = brought("org.student", head, f"{student.number},{student.name},{student.cohort.name},{guess}", by=dean)
        assert [fault[3] for fault in run.faults] == ["not_yours"]


def test_sorts_and_stations_that_nobody_knows_are_refused() -> None:
    assert sorts_from_words("order_class、校企合作框架协议") == ["order_class", "framework"]
    for read, text in (
        (sorts_from_words, "没有这类"),
        (stations_from_words, "dean（火星）"),
        (stations_from_words, "dean（0天）"),
    ):
        with pytest.raises(ValidationError):
            read(text)


def test_no_register_excuses_a_unit(world: World) -> None:
    """A waiver is decided; whoever would bring a register of them reads why not."""
    waivers = sheet_of("policy.waiver")
    for by in (SYSTEM, actor_for(world.users["office"])):
        with pytest.raises(Exception, match=str(waivers.not_imported)[:10]):
            importing.start(waivers, b"x", "x.csv", by=by)
    answer = world.client("office").post("/api/v1/policy/waiver/imports", {})
    assert answer.status_code in {403, 404}
