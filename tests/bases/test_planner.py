"""Students due are counted from classes; places stand beside them; what is supposed moves the board and writes nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from tests.bases import factories as make
from tests.bases.conftest import TODAY
from tests.governance.factories import College
from zhixing.bases import actions, demand, planner, queries, visiting
from zhixing.bases.models import PlaceCapacity, PracticeDemand
from zhixing.bases.planner import WhatIf
from zhixing.org.models import Division, IndustryCode, NationalMajor
from zhixing.partners.models import Need, Organisation


def test_students_are_due_by_the_pattern_and_a_given_number_stays(home: College) -> None:
    terms = make.terms(home)
    major = make.major(home)
    make.cohort(major, 2025, 30)
    make.cohort(major, 2023, 20)
    make.cohort(major, 2023, 9, status="left")
    ahead = queries.terms_from(TODAY)
    assert [str(term) for term in ahead] == [str(term) for term in terms[1:]]
    assert demand.compute(ahead) > 0
    told = {
        (str(row.term), row.kind): (row.students, row.source)
        for row in PracticeDemand.objects.filter(students__gt=0).select_related("term__year")
    }
    # Entered in 2025: visit in their second term, skill in the fourth, posts in the fifth, of six.
    assert told["2025-2026-2", "visit"] == (30, "computed")
    assert told["2026-2027-2", "skill"] == (30, "computed")
    assert told["2027-2028-1", "post"] == (30, "computed")
    assert ("2025-2026-2", "post") not in told  # those of 2023 were out in the autumn
    assert told["2026-2027-2", "visit"] == (30, "estimated")
    assert demand.compute(ahead) == 0
    row = PracticeDemand.objects.get(term=terms[1], kind="visit")
    actions.set_demand(row, by=home.actor("dean"), students=26, note="四人休学")
    make.cohort(major, 2025, 5)
    assert demand.compute(ahead) > 0
    row.refresh_from_db()
    assert (row.students, row.source) == (26, "edited")


def test_places_are_carried_forward_and_a_lost_base_tears_a_hole(home: College) -> None:
    terms = make.terms(home)
    major = make.major(home)
    first, second = (make.base(home, major, kind="off_campus") for _n in range(2))
    for term in terms[1::2]:
        make.demand(major, term, 40)
    make.places(first, major, terms[1], 30)
    make.places(second, major, terms[1], 20)
    make.places(second, major, terms[3], 12)
    ahead = queries.terms_from(TODAY)
    found = planner.board(ahead, [major.pk])
    here, next_year, last = (found.cell(major.pk, term.pk, "post") for term in terms[1::2])
    assert (here.places, here.assumed, here.gap, here.state) == (50, 0, 10, "met")
    assert (next_year.places, next_year.assumed, next_year.state) == (42, 30, "at_risk")
    assert (last.places, last.assumed) == (42, 42)
    lost = planner.board(ahead, [major.pk], WhatIf(lost=frozenset({first.pk})))
    assert lost.cell(major.pk, terms[1].pk, "post").state == "unmet"
    assert lost.moved(major.pk, terms[1].pk, "post") == -30
    more = WhatIf(places={(first.pk, major.pk, "post"): 50})
    assert planner.board(ahead, [major.pk], more).cell(major.pk, terms[3].pk, "post").places == 62
    added = WhatIf(added=demand.new_class(major, 2026, 25, ahead))
    assert planner.board(ahead, [major.pk], added).cell(major.pk, terms[3].pk, "visit").students == 25
    assert PlaceCapacity.objects.count() == 3 and PracticeDemand.objects.count() == 3


@pytest.fixture
def gap(home: College) -> tuple[object, list[Organisation]]:
    """A major of electronics and information, and firms near and far, fitting and not."""
    province = Division.objects.create(code="460000", name="海南省", level=1)
    near = Division.objects.create(code="460106", name="龙华区", level=3, parent=province)
    far = Division.objects.create(code="460200", name="三亚市", level=2, parent=province)
    home.school.region = near
    home.school.save()
    major = make.major(home, code="510203")
    NationalMajor.objects.create(code="510203", name="软件技术", level="高职", division="电子与信息大类")
    software = IndustryCode.objects.create(code="6513", name="应用软件开发", level=4)
    hotel = IndustryCode.objects.create(code="6110", name="旅游饭店", level=4)
    facts = (
        ("远方软件", far, software, "active", 400),
        ("近处软件", near, software, "active", 200),
        ("近处酒店", near, hotel, "active", 900),
        ("被禁软件", near, software, "banned", 500),
    )
    firms = [
        Organisation.objects.create(
            name=name,
            kind="enterprise",
            region=region,
            industry=trade,
            status=status,
            staff_count=staff,
            status_reason="拖欠实习报酬",
        )
        for name, region, trade, status, staff in facts
    ]
    return major, firms


def test_firms_near_and_fitting_come_first_each_with_its_reasons(home: College, gap: tuple) -> None:
    major, firms = gap
    found = visiting.firms_for(major, 100, TODAY)
    assert [visit.firm.name for visit in found] == ["近处软件", "远方软件"]
    assert found[0].places == 20 and len(found[0].reasons) == 3
    need = Need.objects.create(
        title="招人", organisation=firms[2], kind="talent", number=15, raised_on=date(2026, 3, 1)
    )
    need.majors.add(major)
    assert "近处酒店" in [visit.firm.name for visit in visiting.firms_for(major, 100, TODAY)]
    make.base(home, major, kind="off_campus", organisation=firms[1])
    assert "近处软件" not in [visit.firm.name for visit in visiting.firms_for(major, 100, TODAY)]


def test_where_points_are_known_kilometres_decide(home: College, gap: tuple, settings: Any) -> None:
    major, (near, far, *_others) = gap
    # The settings say that the school is in Haikou; what the registers call far lies next door.
    settings.ZHIXING = {**settings.ZHIXING, "school_point": (110.33, 20.03)}
    Organisation.objects.filter(pk=far.pk).update(longitude=Decimal("110.35"), latitude=Decimal("20.02"))
    Organisation.objects.filter(pk=near.pk).update(longitude=Decimal("109.51"), latitude=Decimal("18.25"))
    found = visiting.firms_for(major, 100, TODAY)
    assert [visit.firm for visit in found] == [far, near]
    assert [visit.reasons[-2] for visit in found] == ["相距2公里", "相距216公里"]
    # A firm without a point of its own is where its base is; one without any is as near as its region.
    Organisation.objects.update(longitude=None, latitude=None)
    make.base(home, kind="off_campus", organisation=far, longitude=Decimal("110.4"), latitude=Decimal("20.0"))
    told = {visit.firm: visit.reasons for visit in visiting.firms_for(major, 100, TODAY)}
    assert any("公里" in reason for reason in told[far]) and not any("公里" in reason for reason in told[near])


def test_half_a_point_is_refused(client: Client, home: College) -> None:
    client.force_login(home.user("office"), backend="zhixing.org.accounts.PersonBackend")
    url = f"/api/v1/partners/organisation/{home.firm.pk}"
    for said, status in (({"longitude": "110.3"}, 422), ({"longitude": "190", "latitude": "20"}, 422),
                         ({"longitude": "110.3", "latitude": "20.0"}, 200)):  # fmt: skip
        assert client.patch(url, said, content_type="application/json").status_code == status


def test_only_firms_that_fit_are_read(home: College, gap: tuple, monkeypatch: pytest.MonkeyPatch) -> None:
    rate, rated = visiting._rate, []
    monkeypatch.setattr(visiting, "_rate", lambda firm, *more: rated.append(firm.name) or rate(firm, *more))
    visiting.firms_for(gap[0], 100, TODAY)
    assert sorted(rated) == ["近处软件", "远方软件"]


def test_the_pages_suppose_and_lead_to_firms(client: Client, home: College, gap: tuple) -> None:
    major, firms = gap
    terms = make.terms(home)
    base = make.base(home, major, kind="off_campus", organisation=firms[0])
    make.demand(major, terms[1], 40)
    make.places(base, major, terms[1], 44)
    client.force_login(home.user("dean"), backend="zhixing.org.accounts.PersonBackend")
    shown = client.get("/bases/planner/")
    assert [row.squares[0].cell.gap for row in shown.context["rows"]] == [4]
    supposed = client.get(f"/bases/planner/?lose={base.pk}")
    assert supposed.context["supposed"] and supposed.context["lacking"] == 40
    assert supposed.context["rows"][0].squares[0].moved == -44
    assert "−44" in supposed.content.decode() and "-44" not in supposed.content.decode()
    assert PlaceCapacity.objects.get().places == 44
    cell = client.get(f"/bases/planner/visits/?major={major.pk}&term={terms[1].pk}&kind=post")
    assert cell.context["wanted"] == 0 and cell.context["bases"][0]["places"] == 44
    PlaceCapacity.objects.update(places=10)
    cell = client.get(f"/bases/planner/visits/?major={major.pk}&term={terms[1].pk}&kind=post")
    assert cell.context["wanted"] == 34
    assert [item["visit"].firm.name for item in cell.context["visits"]] == ["近处软件"]
    assert client.get("/bases/planner/visits/?major=0").status_code == 302
