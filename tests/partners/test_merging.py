"""A merge moves everything, keeps one of what would collide, and its undoing leaves no trace."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone

from tests.partners import factories as f
from zhixing.governance.models import Committee, Seat
from zhixing.kernel.flow import FlowError
from zhixing.kernel.models import ApprovalCase, Event, File
from zhixing.partners import actions, merging, models
from zhixing.partners.models import Contact, IndustryLink, MergeRecord, Organisation, OrganisationName

DAY = date(2025, 9, 1)
NEVER_DUMPED = {"MergeRecord"}


def dump() -> dict[str, list[str]]:
    """Every row of partners, governance and files as the database writes it: to the last digit and cipher."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        label = model._meta.app_label
        wanted = label in {"partners", "governance"} or model is File
        if wanted and not hasattr(model, "pgh_id") and model._meta.object_name not in NEVER_DUMPED:
            table = connection.ops.quote_name(model._meta.db_table)
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT row_to_json(t)::text FROM {table} t ORDER BY 1")
                found[model._meta.db_table] = [row[0] for row in cursor.fetchall()]
    return found


@pytest.fixture
def pair(place: f.College) -> tuple[Organisation, Organisation]:
    """Two records of one firm with something of every kind, some of it twice."""
    source = f.organisation(
        "海南云帆科技有限公司", uscc=f.code(1), short_name="云帆", staff_count=80, keeper=place.first
    )
    target = f.organisation("海南云帆科技有限责任公司", status="dormant", address="海口市")
    for row in (source, target):
        Contact.objects.create(organisation=row, name="王海", role="hr", phone="13800001234")
        OrganisationName.objects.create(organisation=row, name="云帆工作室")
        models.OrganisationTag.objects.create(organisation=row, tag="leading", level="province", starts_on=DAY)
    deputy = Contact.objects.get(organisation=source)
    Contact.objects.create(organisation=source, name="李岛", role="mentor", delegate=deputy)
    both = f.activity(place.group, place.first, DAY, source, target)
    f.activity(place.group, place.first, DAY, source)
    assert both.organisations.count() == 2
    need = f.need(source)
    need.majors.add(f.major(place.first, "510203", "软件技术"))
    f.need(target)
    f.need(source, "装机服务")
    f.opportunity(source, place.first, place.people["dean"], value="12345678901234.56")
    issued = f.policy(source, DAY, money="100.10")
    models.SupportGrant.objects.create(title="用地", grantor=source, policy=issued, unit=place.first, granted_on=DAY)
    models.TechnologyNote.objects.create(
        title="大模型", organisation=source, group=place.group, noted_on=DAY, change="编码方式"
    )
    committee = Committee.objects.create(
        name="指委会", unit=place.first, group=place.group, starts_on=DAY, ends_on=date(2028, 8, 31)
    )
    Seat.objects.create(committee=committee, party="enterprise", name="王海", organisation=source, starts_on=DAY)
    f.organisation("云帆三亚分公司", parent=source)
    target.parent = source
    target.save()
    File.objects.create(
        record_type="partners.organisation",
        record_id=source.pk,
        name="营业执照.pdf",
        content=ContentFile(b"x", "y.pdf"),
        size=1,
    )
    return source, target


def refers_to(organisation: Organisation) -> list[str]:
    """Everything that points to an organisation, but its own former row and the note of its merge."""
    found = []
    for key in merging._references(Organisation):
        count = key.model._base_manager.filter(**{key.attname: organisation.pk}).count()
        if count:
            found.append(f"{key.model._meta.label}.{key.name}")
    return found


def test_everything_moves_and_comes_back_exactly(place: f.College, pair: tuple[Organisation, Organisation]) -> None:
    source, target = pair
    office = place.actor("office")
    before = dump()
    record = merging.merge(source, by=office, into=target, comment="同一家企业")

    assert refers_to(source) == []
    assert source.status == "merged"
    assert source.merged_into == target
    assert source.archived_at is not None
    assert source.uscc is None
    assert (target.uscc, target.status, target.short_name, target.staff_count) == (f.code(1), "active", "云帆", 80)
    assert (target.address, target.keeper_id, target.parent_id) == ("海口市", place.first.pk, None)
    assert sorted(target.names.values_list("name", flat=True)) == ["云帆工作室", "海南云帆科技有限公司"]
    assert sorted(target.contacts.values_list("name", flat=True)) == ["李岛", "王海"]
    kept = target.contacts.get(name="王海")
    assert kept.phone == "13800001234"
    assert target.contacts.get(name="李岛").delegate == kept
    assert target.tags.count() == 1
    assert target.activities.count() == 2
    assert sorted(target.needs.values_list("title", flat=True)) == ["装机服务", "软件人才需求"]
    assert target.needs.get(title="软件人才需求").majors.count() == 1
    assert target.seats.count() == target.branches.count() == target.technology_notes.count() == 1
    assert File.objects.get(record_type="partners.organisation").record_id == target.pk
    verbs = set(Event.objects.values_list("verb", "record_id", "comment"))
    assert {("merge", source.pk, "同一家企业"), ("absorb", target.pk, "同一家企业")} <= verbs

    revived = merging.undo_merge(record, by=office, comment="看错了")
    assert revived.pk == source.pk
    assert dump() == before
    assert Event.objects.filter(verb="undo_merge").count() == 2
    with pytest.raises(FlowError) as refused:
        merging.undo_merge(record, by=office)
    assert refused.value.code == "undone"


def test_a_merge_can_be_made_undone_and_made_again(place: f.College, pair: tuple[Organisation, Organisation]) -> None:
    source, target = pair
    office = place.actor("office")
    before = dump()
    actions.merge(source, by=office, into=target)
    actions.undo_merge(source, by=office)
    actions.absorb(target, by=office, other=source)
    source.refresh_from_db()
    actions.undo_merge(source, by=office)
    assert dump() == before
    assert MergeRecord.objects.filter(undone_at=None).count() == 0


def test_two_links_with_shared_days_become_one_over_both(place: f.College) -> None:
    source, target = f.association("海南软件协会"), f.association("海南省软件行业协会")
    long = f.link(place.group, source, DAY, DAY + timedelta(days=1000), status="draft")
    first = f.link(place.group, target, DAY - timedelta(days=100), DAY + timedelta(days=10))
    second = f.link(place.group, target, DAY + timedelta(days=500))
    before = dump()
    record = merging.merge(source, by=place.actor("office"), into=target)
    only = IndustryLink.objects.get()
    assert (only.pk, only.organisation, only.status) == (first.pk, target, "approved")
    assert (only.starts_on, only.ends_on) == (first.starts_on, None)
    merging.undo_merge(record, by=place.actor("office"))
    assert dump() == before
    assert set(IndustryLink.objects.values_list("pk", flat=True)) == {long.pk, first.pk, second.pk}


def test_the_row_that_has_come_further_is_kept(place: f.College) -> None:
    source, target = f.association("海南软件协会"), f.association("海南省软件行业协会")
    approved = f.link(place.group, source, DAY, DAY + timedelta(days=10))
    f.link(place.group, target, DAY + timedelta(days=5), DAY + timedelta(days=90), status="draft")
    before = dump()
    record = merging.merge(source, by=place.actor("office"), into=target)
    only = IndustryLink.objects.get()
    assert (only.pk, only.organisation_id, only.status) == (approved.pk, target.pk, "approved")
    assert (only.starts_on, only.ends_on) == (DAY, DAY + timedelta(days=90))
    merging.undo_merge(record, by=place.actor("office"))
    assert dump() == before


def test_undoing_is_refused_when_what_moved_was_changed(
    place: f.College, pair: tuple[Organisation, Organisation]
) -> None:
    source, target = pair
    office = place.actor("office")
    record = merging.merge(source, by=office, into=target)
    elsewhere = f.organisation("另一家公司")
    moved = target.needs.get(title="装机服务")
    moved.organisation = elsewhere
    moved.save()
    target.seats.get().delete()
    before = dump()
    with pytest.raises(FlowError) as refused:
        merging.undo_merge(record, by=office)
    assert refused.value.code == "changed_since"
    assert "装机服务" in refused.value.messages[0]
    assert dump() == before


def test_later_work_with_the_target_stays_when_a_merge_is_undone(
    place: f.College, pair: tuple[Organisation, Organisation]
) -> None:
    source, target = pair
    record = merging.merge(source, by=place.actor("office"), into=target)
    later = f.need(target, "新需求")
    target.address = "三亚市"
    target.save()
    merging.undo_merge(record, by=place.actor("office"))
    target.refresh_from_db()
    later.refresh_from_db()
    assert (later.organisation_id, target.address, target.uscc) == (target.pk, "三亚市", None)


def test_a_chain_of_merges_is_undone_from_its_end(place: f.College) -> None:
    office = place.actor("office")
    a, b, c = (f.organisation(name, uscc=f.code()) for name in ("甲公司", "乙公司", "丙公司"))
    f.need(a)
    before = dump()
    first = merging.merge(a, by=office, into=b)
    second = merging.merge(b, by=office, into=c)
    assert c.needs.count() == 1
    a.refresh_from_db()
    assert a.merged_into == c
    with pytest.raises(FlowError, match="甲公司"):
        merging.undo_merge(first, by=office)
    merging.undo_merge(second, by=office)
    merging.undo_merge(first, by=office)
    assert dump() == before


@pytest.mark.parametrize(
    ("source_is", "target_is", "code"),
    [
        ({"status": "banned", "status_reason": "拖欠"}, {}, "banned"),
        ({}, {"archived_at": timezone.now()}, "archived"),
    ],
)
def test_what_may_not_be_merged(
    place: f.College, source_is: dict[str, Any], target_is: dict[str, Any], code: str
) -> None:
    source, target = f.organisation("甲公司", **source_is), f.organisation("乙公司", **target_is)
    before = dump()
    with pytest.raises(FlowError) as refused:
        merging.merge(source, by=place.actor("office"), into=target)
    assert refused.value.code == code
    assert dump() == before


def test_who_may_not_merge_and_into_what(place: f.College) -> None:
    source = f.organisation("甲公司", keeper=place.first)
    target = f.organisation("乙公司", keeper=place.second)
    with pytest.raises(FlowError) as refused:
        merging.merge(source, by=place.actor("office"), into=source)
    assert refused.value.code == "same"
    for name in ("dean", "other_dean", "teacher"):
        with pytest.raises(FlowError) as refused:
            merging.merge(source, by=place.actor(name), into=target)
        assert refused.value.code == "forbidden"
    record = merging.merge(source, by=place.actor("office"), into=target)
    with pytest.raises(FlowError) as refused:
        merging.undo_merge(record, by=place.actor("dean"))
    assert refused.value.code == "forbidden"
    with pytest.raises(FlowError) as refused:
        merging.merge(f.organisation("丙公司"), by=place.actor("office"), into=source)
    assert refused.value.code == "merged"


def test_a_counterpart_in_approval_must_be_decided_first(place: f.College) -> None:
    source, target = f.association("海南软件协会"), f.association("海南省软件行业协会")
    waiting = f.link(place.group, source, DAY, status="submitted")
    f.link(place.group, target, DAY)
    ApprovalCase.objects.create(
        record_type="partners.industry_link", record_id=waiting.pk, label="x", url="/", route_name="x"
    )
    before = dump()
    with pytest.raises(FlowError) as refused:
        merging.merge(source, by=place.actor("office"), into=target)
    assert refused.value.code == "in_approval"
    assert dump() == before


def test_both_codes_stay_findable(place: f.College) -> None:
    source, target = f.organisation("甲公司", uscc=f.code(8)), f.organisation("乙公司", uscc=f.code(9))
    merging.merge(source, by=place.actor("office"), into=target)
    assert (source.uscc, target.uscc) == (f.code(8), f.code(9))
    assert target.names.get().uscc == f.code(8)
