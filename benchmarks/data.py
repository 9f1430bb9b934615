"""The rows that the measurements work on: made by rule, the same every time."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import xlsxwriter
from django.db import connection

from zhixing.intake.identifiers import organisation_check_character, uscc_check_character
from zhixing.org.models import Division, IndustryCode, MajorGroup, Membership, Person, Role, Unit, User
from zhixing.partners.models import Activity, IndustryLink, Need, Organisation

HEADINGS = (
    "统一社会信用代码",
    "单位名称",
    "单位类别",
    "单位性质",
    "企业规模",
    "员工人数",
    "成立日期",
    "所在地区",
    "所属行业",
    "归口部门",
    "单位地址",
)
PLACES = "海口 三亚 儋州 文昌 琼海 万宁 东方 澄迈 临高 定安".split()
TRADES = "信息技术 旅游发展 热带农业 海洋装备 健康服务 现代物流 新能源 文化传媒 建筑工程 食品加工".split()


def day(number: int) -> date:
    """When it was founded."""
    return date(2000, 1, 1) + timedelta(days=number % 8000)


def code(number: int) -> str:
    """A valid unified social credit code."""
    body = f"MA{number % 1_000_000:06d}"
    first_17 = f"9146010{number // 1_000_000}{body}{organisation_check_character(body)}"
    return first_17 + uscc_check_character(first_17)


def name(number: int) -> str:
    return f"{PLACES[number % 10]}{TRADES[number // 10 % 10]}第{number}有限公司"


def college() -> dict[str, Any]:
    """A school with ten colleges, and a dean of the first who signs in."""
    start = date(2010, 9, 1)
    whole = {"name": "学校", "kind": "school", "starts_on": start}
    school, _new = Unit.objects.get_or_create(code="B0", defaults=whole)
    units = [
        Unit.objects.get_or_create(
            code=f"B{i}", defaults={"name": f"第{i}学院", "kind": "college", "parent": school, "starts_on": start}
        )[0]
        for i in range(1, 11)
    ]
    users = {}
    for role in (Role.DEAN, Role.OFFICE):
        person, _new = Person.objects.get_or_create(
            staff_number=f"B-{role}", defaults={"name": f"人{role}", "unit": units[0]}
        )
        Membership.objects.get_or_create(
            person=person, role=role, unit=units[0] if role == Role.DEAN else school, defaults={"starts_on": start}
        )
        users[role.value], _new = User.objects.get_or_create(
            username=f"b-{role}", defaults={"person": person, "is_staff": True, "is_superuser": True}
        )
    return {"school": school, "units": units, "users": users}


def organisations(count: int) -> None:
    """That many organisations in the register, with industries, regions and keepers, straight into the table."""
    units = list(Unit.objects.filter(kind="college").order_by("pk").values_list("pk", flat=True))
    regions = list(Division.objects.order_by("pk").values_list("pk", flat=True)[:200])
    industries = list(IndustryCode.objects.order_by("pk").values_list("pk", flat=True)[:200])
    columns = (
        "created_at, updated_at, uscc, name, short_name, kind, nature, size, address, staff_count, founded_on, status, "
        "status_reason, industry_id, region_id, keeper_id"
    )
    kinds = ("enterprise", "enterprise", "enterprise", "association", "government")
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {Organisation._meta.db_table}, {Activity._meta.db_table} CASCADE")
        with cursor.copy(f"COPY {Organisation._meta.db_table} ({columns}) FROM STDIN") as copy:  # type: ignore[attr-defined]
            for i in range(count):
                copy.write_row(
                    (
                        "now",
                        "now",
                        code(i),
                        name(i),
                        "",
                        kinds[i % 5],
                        "private",
                        ("large", "medium", "small", "micro")[i % 4],
                        f"海南省{PLACES[i % 10]}市某路{i}号",
                        i % 900,
                        day(i),
                        ("lead", "active", "dormant")[i % 3],
                        "",
                        industries[i % len(industries)],
                        regions[i % len(regions)],
                        units[i % len(units)],
                    )
                )
    _cooperation()
    vacuum()


def _cooperation() -> None:
    """Links, needs and activities of every tenth organisation, so that the counted columns have something to count."""
    unit = Unit.objects.filter(kind="college").order_by("pk").first()
    assert unit is not None
    group, _new = MajorGroup.objects.get_or_create(
        code="BG", defaults={"name": "某专业群", "unit": unit, "starts_on": date(2015, 9, 1)}
    )
    chosen = list(Organisation.objects.order_by("pk")[::10])
    on = date(2025, 3, 1)
    IndustryLink.objects.bulk_create(
        (IndustryLink(group=group, organisation=one, starts_on=on) for one in chosen), batch_size=5000
    )
    Need.objects.bulk_create(
        (Need(organisation=one, kind="talent", title="招聘", raised_on=on) for one in chosen), batch_size=5000
    )
    visit = {"kind": "visit", "held_on": on, "status": "held", "unit": unit}
    activities = Activity.objects.bulk_create(
        (Activity(title=f"走访{i}", **visit) for i in range(len(chosen))), batch_size=5000
    )
    through = Activity.organisations.through
    through.objects.bulk_create(
        (
            through(activity_id=activity.pk, organisation_id=organisation.pk)
            for activity, organisation in zip(activities, chosen, strict=True)
        ),
        batch_size=5000,
    )


def vacuum() -> None:
    """Leave the planner with what it would know after a night."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def register_rows(count: int) -> Iterator[tuple[Any, ...]]:
    """A register as an office keeps it: words for choices, dates as text, names for regions and units."""
    regions = list(Division.objects.order_by("pk").values_list("code", flat=True)[:200])
    industries = list(IndustryCode.objects.order_by("pk").values_list("code", flat=True)[:200])
    units = list(Unit.objects.filter(kind="college").order_by("pk").values_list("name", flat=True))
    kind, nature = str(Organisation.Kind.ENTERPRISE.label), str(Organisation.Nature.PRIVATE.label)
    sizes = [str(label) for value, label in Organisation.Size.choices if value]
    for i in range(count):
        on = day(i)
        yield (
            code(i),
            name(i),
            kind,
            nature,
            sizes[i % len(sizes)],
            i % 900,
            f"{on.year}年{on.month}月{on.day}日" if i % 2 else on.isoformat(),
            regions[i % len(regions)],
            industries[i % len(industries)],
            units[i % len(units)],
            f"海南省{PLACES[i % 10]}市某路{i}号",
        )


def register(count: int) -> bytes:
    """The same as a workbook with a title row."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"constant_memory": True})
    page = book.add_worksheet("合作单位")
    page.write_string(0, 0, "校企合作单位登记表")
    page.write_row(1, 0, HEADINGS)
    for i, row in enumerate(register_rows(count), 2):
        page.write_row(i, 0, row)
    book.close()
    return buffer.getvalue()
