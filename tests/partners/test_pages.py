"""The pages of partners stand, and say what the acts say."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.partners import factories as f
from zhixing.kernel.sheet import Sheet, domains
from zhixing.partners import models
from zhixing.partners.models import Need, Organisation

SHEETS = [sheet for domain in domains() if domain.key == "partners" for sheet in (*domain.sheets, *domain.minor)]


@pytest.fixture
def office(place: f.College) -> Client:
    client = Client()
    client.force_login(place.user("office"))
    return client


@pytest.fixture
def filled(place: f.College) -> None:
    today = timezone.localdate()
    firm = f.organisation("海南云帆科技有限公司", uscc=f.code(), founded_on=date(2015, 1, 1))
    guild = f.association()
    models.OrganisationName.objects.create(organisation=firm, name="云帆工作室")
    models.OrganisationTag.objects.create(organisation=firm, tag="leading", level="province", starts_on=today)
    models.Contact.objects.create(organisation=firm, name="王海", phone="13800001234")
    f.link(place.group, guild, today, today + timedelta(days=40))
    f.activity(place.group, place.first, today, firm, guild)
    f.opportunity(firm, place.first, place.people["dean"], stage_since=today - timedelta(days=12))
    f.need(firm, due=today + timedelta(days=7)).majors.add(f.major(place.first, "510203", "软件技术"))
    issued = f.policy(f.organisation("省教育厅", "government"), today + timedelta(days=9))
    given = {"unit": place.first, "title": "x"}
    models.SupportGrant.objects.create(grantor=issued.issuer, policy=issued, granted_on=today, **given)
    models.DemandSurvey.objects.create(surveyed_on=today, findings="缺人", **given)
    models.TechnologyNote.objects.create(title="x", group=place.group, organisation=firm, noted_on=today, change="y")


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.key)
def test_list_detail_edit_and_every_column(sheet: Sheet, office: Client, filled: None) -> None:
    every = ",".join(sheet.all_columns)
    assert office.get(sheet.url("list")).status_code == 200
    assert office.get(f"{sheet.url('list')}?columns={every}&sort={sheet.columns[-1]}&q=x").status_code == 200
    for record in sheet.model._default_manager.all():
        assert office.get(sheet.url("detail", record.pk)).status_code == 200
        assert office.get(sheet.url("edit", record.pk)).status_code == 200
        for action in sheet.actions:
            expected = 200 if action.available(record) and (action.form or action.comment != "no") else None
            if expected:
                assert office.get(sheet.url("act", record.pk, key=action.key)).status_code == expected, action.key


def test_every_model_has_its_sheet() -> None:
    kept = {name for name in models.__all__ if name != "MergeRecord"}
    assert {sheet.model.__name__ for sheet in SHEETS} == kept


def test_counts_beside_one_another_stay_exact(place: f.College, office: Client, filled: None) -> None:
    firm = Organisation.objects.get(name="海南云帆科技有限公司")
    for number in range(3):
        models.Contact.objects.create(organisation=firm, name=f"联系人{number}")
    f.need(firm, "再来")
    sheet = next(sheet for sheet in SHEETS if sheet.model is Organisation)
    row = sheet.with_columns(Organisation.objects.all(), tuple(sheet.computed)).get(pk=firm.pk)
    assert (row.contacts_count, row.needs_count, row.activities_count, row.opportunities_count) == (4, 2, 1, 1)
    assert row.last_activity == timezone.localdate()
    for name, column in sheet.computed.items():
        if column.rows:
            target = next(item for item in SHEETS if item.key == column.rows[0])
            page = office.get(f"{target.url('list')}?{column.rows[1]}={firm.pk}")
            assert page.context["page"]["count"] == getattr(row, name), name


def test_a_need_is_claimed_from_the_proposal(place: f.College, office: Client, filled: None) -> None:
    need = Need.objects.get()
    page = office.get(f"/partners/need/{need.pk}/")
    assert "软件技术" in page.content.decode()
    address = f"/partners/need/{need.pk}/act/claim/"
    asked = office.get(f"{address}?person={place.people['teacher'].pk}&unit={place.first.pk}")
    assert asked.context["form"]["person"].value() == "teacher"
    done = office.post(address, {"person": "teacher", "unit": place.first.pk})
    assert done.status_code == 302, done.context["form"].errors
    need.refresh_from_db()
    assert (need.status, need.claimed_by) == ("claimed", place.people["teacher"])


def test_merging_and_undoing_from_the_pages(place: f.College, office: Client) -> None:
    source, target = f.organisation("甲公司", uscc=f.code()), f.organisation("乙公司", uscc=f.code())
    done = office.post(f"/partners/organisation/{source.pk}/act/merge/", {"into": target.uscc, "comment": "同一家"})
    assert done.status_code == 302, done.context["form"].errors
    page = office.get(f"/partners/organisation/{target.pk}/").content.decode()
    undo = f"/partners/organisation/{source.pk}/act/undo_merge/"
    assert undo in page
    assert office.post(undo, {"comment": "看错"}).status_code == 302
    source.refresh_from_db()
    assert source.status == "active"
    assert undo not in office.get(f"/partners/organisation/{target.pk}/").content.decode()


def test_a_double_is_asked_about_on_the_page(place: f.College, office: Client) -> None:
    f.organisation("海南云帆科技有限公司")
    given = {"name": "海南云帆科技有限责任公司", "kind": "enterprise"}
    asked = office.post("/partners/organisation/add/", given)
    assert asked.status_code == 422
    assert 'name="another"' in asked.content.decode()
    assert office.post("/partners/organisation/add/", {**given, "another": "on"}).status_code == 302
    assert Organisation.objects.count() == 2
