"""Which majors and teachers could meet a need."""

from __future__ import annotations

from datetime import date

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.partners import factories as f
from zhixing.governance.models import Task
from zhixing.org.models import Division, IndustryCode, Major, NationalMajor
from zhixing.partners import panels, queries
from zhixing.partners.industries import majors_for
from zhixing.partners.models import Organisation


def national() -> None:
    for code, name, division in (
        ("510203", "软件技术", "电子与信息大类"),
        ("510202", "计算机网络技术", "电子与信息大类"),
        ("540106", "酒店管理与数字化运营", "旅游大类"),
    ):
        NationalMajor.objects.create(code=code, name=name, level="高职专科", division=division, category="")


def firm(place: f.College) -> Organisation:
    return f.organisation("云帆", industry=IndustryCode.objects.create(code="65", name="软件业", level=2))


def test_words_industry_ties_and_the_partners_own_wish(place: f.College) -> None:
    national()
    software = f.major(place.first, "510203", "软件技术", group=place.group)
    networks = f.major(place.first, "510202", "计算机网络技术", group=place.group)
    hotel = f.major(place.second, "540106", "酒店管理与数字化运营")
    f.major(place.first, "510205", "大数据技术", ends_on=date(2024, 8, 31))
    need = f.need(firm(place), "招聘软件测试工程师", detail="熟悉软件测试")

    majors, _teachers = queries.matches(need)
    assert [match.record for match in majors] == [software, networks]
    assert "软件" in majors[0].reasons[0]
    assert "电子与信息大类" in majors[1].reasons[0]
    assert majors[0].score > majors[1].score

    need.majors.add(hotel)
    majors, _teachers = queries.matches(need)
    assert majors[0].record == hotel

    f.activity(place.group, place.first, date(2025, 10, 1), need.organisation)
    before = majors[2].score
    majors, _teachers = queries.matches(need)
    assert majors[2].score > before
    assert len(majors[2].reasons) == 2


def test_the_less_loaded_teacher_comes_first(place: f.College) -> None:
    national()
    software = f.major(place.first, "510203", "软件技术")
    busy = f.teacher(place.people["teacher"], software)
    free = f.teacher(place.people["dean"], software)
    f.teacher(place.people["other_dean"], software, ends_on=date(2024, 1, 1))
    for number in range(3):
        Task.objects.create(title=f"任务{number}", unit=place.first, owner=busy.person)
    Task.objects.create(title="已完成", unit=place.first, owner=free.person, status="done", done_on=date(2025, 1, 1))
    need = f.need(firm(place), "软件开发")
    _majors, teachers = queries.matches(need)
    assert [match.record for match in teachers] == [free, busy]
    assert "3" in teachers[1].reasons[-1]

    busy.title = "professor"
    busy.save()
    technique = f.need(need.organisation, "软件攻关", kind="technique")
    _majors, teachers = queries.matches(technique)
    assert [match.record for match in teachers] == [free, busy]
    Task.objects.filter(owner=busy.person).delete()
    _majors, teachers = queries.matches(technique)
    assert [match.record for match in teachers] == [busy, free]


def test_the_number_of_queries_does_not_grow(place: f.College) -> None:
    national()
    need = f.need(firm(place), "软件开发")
    counts = []
    for start in (0, 10):
        for number in range(start, start + 10):
            made = f.major(place.first, f"51{number:04d}", f"软件方向{number}")
            f.teacher(f.person(f"t{number}", place.first, "teacher"), made)
        with CaptureQueriesContext(connection) as queries_made:
            majors, teachers = queries.matches(need)
            assert len(majors) == len(teachers) == 5
        counts.append(len(queries_made))
    assert counts[0] == counts[1] <= 7


def test_a_campus_or_a_major_group_near_the_partner_comes_first(place: f.College) -> None:
    national()
    hainan = Division.objects.create(code="460000", name="海南省", level=1)
    places = {
        name: Division.objects.create(code=code, name=name, level=2, parent=hainan)
        for name, code in (("海口市", "460100"), ("龙华区", "460106"), ("琼海市", "469002"), ("文昌市", "469005"))
    }
    far = f.major(place.first, "510203", "软件技术")
    near = f.major(place.second, "510202", "计算机网络技术")
    partner = firm(place)
    partner.region = places["琼海市"]
    partner.save()
    need = f.need(partner, "招人")

    def ranked() -> list[tuple[Major, str]]:
        return [(match.record, "；".join(match.reasons)) for match in queries.matches(need)[0]]

    assert [record for record, _why in ranked()] == [far, near]
    # The school stands in Haikou; the second college has its campus in the partner's own county.
    place.school.region, place.second.region = places["海口市"], places["琼海市"]
    place.school.save()
    place.second.save()
    (first, why), (second, other) = ranked()
    assert (first, second) == (near, far)
    assert "琼海市" in why and "同省" in other and "海口市" in other

    # A county that the province governs itself is near to nothing but itself.
    partner.region = places["文昌市"]
    partner.save()
    assert [record for record, _why in ranked()] == [far, near]
    # A district lies in its city.
    partner.region = places["龙华区"]
    partner.save()
    assert ranked()[0][0] == far and "海口市" in ranked()[0][1]

    # A major group that works with others in the partner's city is at home there.
    place.school.region = None
    place.school.save()
    near.group = place.other_group
    near.save()
    neighbour = f.organisation("邻居", region=places["海口市"])
    f.link(place.other_group, neighbour, date(2024, 1, 1), status="approved")
    assert ranked()[0][0] == near and "龙华区" in ranked()[0][1]


def test_the_page_offers_to_claim_only_to_those_who_may(place: f.College) -> None:
    national()
    software = f.major(place.first, "510203", "软件技术", leader=place.people["group_leader"])
    need = f.need(firm(place), "软件开发")
    html = panels.need_matches(need, place.actor("dean"))
    proposed = f"act/claim/?unit={place.first.pk}&amp;majors={software.pk}&amp;person={software.leader_id}"
    assert proposed in html
    assert "claim" not in panels.need_matches(need, place.actor("teacher"))
    need.status = "closed"
    assert panels.need_matches(need, place.actor("dean")) == ""


def test_industries_and_the_majors_that_serve_them() -> None:
    assert majors_for("65") == majors_for("I") == {"电子与信息大类"}
    assert majors_for("6110") == {"旅游大类"}
    assert "旅游大类" in majors_for("H")
    assert majors_for("C") == majors_for(None) == majors_for("") == frozenset()
    assert majors_for("3610") == {"装备制造大类"}
