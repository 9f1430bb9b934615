"""Each act on partners' records, and each way it is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from tests.partners import factories as f
from zhixing.kernel.flow import FlowError
from zhixing.kernel.models import ApprovalCase, ApprovalRoute, Event
from zhixing.partners import actions
from zhixing.partners.models import IndustryLink, Organisation

ONE = timedelta(days=1)


def today() -> date:
    return timezone.localdate()


def refusal(act: Callable[..., Any], *given: Any, **more: Any) -> str:
    """The code with which an act is refused; the record keeps every value."""
    record = given[0]
    before = type(record).objects.filter(pk=record.pk).values().get()
    events = Event.objects.count()
    with pytest.raises(ValidationError) as refused:
        act(*given, **more)
    assert type(record).objects.filter(pk=record.pk).values().get() == before
    assert Event.objects.count() == events
    error = refused.value
    return error.code if hasattr(error, "code") else next(iter(error.error_dict.values()))[0].code  # type: ignore[return-value]


def last_event(record: Any) -> tuple[str, str]:
    return Event.objects.filter(record_id=record.pk).order_by("-pk").values_list("verb", "comment")[0]


def test_an_organisation_wakes_rests_is_banned_and_forgiven(place: f.College) -> None:
    office = place.actor("office")
    firm = f.organisation("云帆科技", status="lead")
    actions.activate(firm, by=office)
    assert firm.status == "active"
    actions.rest(firm, by=office, comment="项目结束")
    assert (firm.status, firm.status_reason) == ("dormant", "项目结束")
    actions.ban(firm, by=office, comment="拖欠实习报酬")
    assert (firm.status, firm.status_reason, last_event(firm)) == ("banned", "拖欠实习报酬", ("ban", "拖欠实习报酬"))
    assert refusal(actions.activate, firm, by=office) == "wrong_state"
    actions.lift_ban(firm, by=office, comment="已支付")
    assert (firm.status, firm.status_reason) == ("dormant", "")
    actions.activate(firm, by=office)
    assert firm.status_reason == ""


def test_a_ban_needs_a_reason_and_the_right(place: f.College) -> None:
    firm = f.organisation("云帆科技", keeper=place.first)
    assert refusal(actions.ban, firm, by=place.actor("office"), comment="  ") == "comment_required"
    assert refusal(actions.rest, firm, by=place.actor("office"), comment="") == "comment_required"
    assert refusal(actions.ban, firm, by=place.actor("other_dean"), comment="x") == "forbidden"
    assert refusal(actions.ban, firm, by=place.actor("teacher"), comment="x") == "forbidden"
    actions.ban(firm, by=place.actor("dean"), comment="拖欠")


def test_the_old_name_stays_findable(place: f.College) -> None:
    firm = f.organisation("云帆工作室", founded_on=date(2015, 5, 1))
    office = place.actor("office")
    actions.rename(firm, by=office, name="海南云帆科技有限公司", on=date(2020, 1, 1), comment="改制")
    actions.rename(firm, by=office, name="海南云帆集团", on=date(2024, 1, 1))
    assert firm.name == "海南云帆集团"
    assert list(firm.names.order_by("ends_on").values_list("name", "starts_on", "ends_on")) == [
        ("云帆工作室", date(2015, 5, 1), date(2019, 12, 31)),
        ("海南云帆科技有限公司", date(2020, 1, 1), date(2023, 12, 31)),
    ]
    assert Organisation.objects.get(normalised_name="海南云帆集团").pk == firm.pk
    assert refusal(actions.rename, firm, by=office, name="海南云帆集团") == "same_name"
    assert refusal(actions.rename, firm, by=place.actor("teacher"), name="新名") == "forbidden"
    actions.rename(firm, by=office, name="云帆工作室", on=date(2025, 1, 1))
    actions.rename(firm, by=office, name="云帆", on=date(2025, 7, 1))
    assert firm.names.get(name="云帆工作室").ends_on == date(2025, 6, 30)


def test_a_link_ends_for_a_reason(place: f.College) -> None:
    made = f.link(place.group, f.association(), date(2025, 1, 1))
    dean = place.actor("dean")
    assert refusal(actions.end_link, made, by=dean, ends_on=today(), comment="") == "comment_required"
    assert refusal(actions.end_link, made, by=place.actor("other_dean"), ends_on=today(), comment="x") == "forbidden"
    with pytest.raises(ValidationError, match=r"before the beginning|早于"):
        actions.end_link(made, by=dean, ends_on=date(2024, 12, 31), comment="退会")
    actions.end_link(made, by=dean, ends_on=date(2025, 12, 31), comment="退会")
    assert (made.ends_on, last_event(made)) == (date(2025, 12, 31), ("end", "退会"))


def test_a_link_is_renewed_by_the_next_term(place: f.College) -> None:
    partner = f.association()
    made = f.link(place.group, partner, date(2025, 1, 1), date(2025, 12, 31), role="council")
    dean = place.actor("dean")
    following = actions.renew_link(made, by=dean, ends_on=date(2026, 12, 31))
    assert (following.starts_on, following.ends_on, following.role) == (date(2026, 1, 1), date(2026, 12, 31), "council")
    overlap = next(rule for rule in IndustryLink._meta.constraints if rule.name == "industry_link_no_overlap")
    with pytest.raises(ValidationError) as refused:
        actions.renew_link(made, by=dean, ends_on=date(2026, 6, 30))
    assert refused.value.error_dict["__all__"][0].message == overlap.violation_error_message
    assert IndustryLink.objects.count() == 2
    actions.ban(partner, by=place.actor("office"), comment="违规收费")
    made.refresh_from_db()
    assert refusal(actions.renew_link, made, by=dean, ends_on=None, starts_on=date(2027, 1, 1)) == "banned"
    endless = f.link(place.group, f.association("海南省旅游协会"), date(2025, 1, 1))
    assert refusal(actions.renew_link, endless, by=dean, ends_on=None) == "no_end"


def test_a_drafted_link_goes_on_its_route(place: f.College) -> None:
    made = f.link(place.group, f.association(), date(2025, 1, 1), status="draft")
    dean = place.actor("dean")
    assert refusal(actions.submit_link, made, by=dean) == "no_route"
    ApprovalRoute.objects.create(
        record_type="partners.industry_link",
        name="学院审批",
        effective_from=date(2024, 1, 1),
        stations=[{"role": "dean", "at": "own"}],
    )
    actions.submit_link(made, by=place.actor("group_leader"), comment="请审批")
    made.refresh_from_db()
    assert made.status == "submitted"
    assert ApprovalCase.objects.get().record_id == made.pk
    assert refusal(actions.submit_link, made, by=dean) == "wrong_state"


def test_an_activity_is_held_with_what_came_of_it(place: f.College) -> None:
    made = f.activity(place.group, place.first, today(), status="planned", minutes="")
    dean = place.actor("dean")
    with pytest.raises(ValidationError, match=r"owner and a date|责任人"):
        actions.hold(made, by=dean, minutes="纪要", follow_up="签协议")
    actions.hold(
        made,
        by=dean,
        minutes="纪要",
        outcomes="达成意向",
        follow_up="签协议",
        follow_up_owner=place.people["teacher"],
        follow_up_due=today() + ONE,
    )
    assert (made.status, made.minutes, made.outcomes, made.follow_up) == ("held", "纪要", "达成意向", "签协议")
    actions.finish_follow_up(made, by=dean)
    assert made.follow_up_done_on == today()
    assert refusal(actions.hold, made, by=dean) == "wrong_state"
    bare = f.activity(place.group, place.first, today())
    assert refusal(actions.finish_follow_up, bare, by=dean) == "no_follow_up"


def test_what_lies_ahead_was_not_held(place: f.College) -> None:
    made = f.activity(place.group, place.first, today() + ONE, status="planned", minutes="")
    assert refusal(actions.hold, made, by=place.actor("dean"), minutes="纪要") == "not_yet"
    now = f.activity(place.group, place.first, today(), status="planned")
    assert refusal(actions.hold, now, by=place.actor("other_dean")) == "forbidden"


def test_an_opportunity_passes_its_gates_one_by_one(place: f.College) -> None:
    long_ago = today() - 100 * ONE
    dean = place.actor("dean")
    made = f.opportunity(f.organisation("云帆"), place.first, place.people["dean"], stage_since=long_ago)
    assert refusal(actions.supervise, made, by=dean, agreement_number="1") == "wrong_state"
    with pytest.raises(ValidationError, match=r"agreed intent|合作意向"):
        actions.implement(made, by=dean)
    actions.implement(made, by=dean, intent="共建实训室")
    assert (made.stage, made.intent, made.stage_since) == ("implement", "共建实训室", today())
    with pytest.raises(ValidationError, match=r"number of the agreement|协议编号"):
        actions.supervise(made, by=dean)
    actions.supervise(made, by=dean, agreement_number="XY-1")
    with pytest.raises(ValidationError, match=r"findings|监管"):
        actions.follow(made, by=dean)
    actions.follow(made, by=dean, supervision="按期推进")
    assert refusal(actions.close_opportunity, made, by=dean, comment="") == "comment_required"
    actions.close_opportunity(made, by=dean, comment="完成")
    assert (made.stage, last_event(made)) == ("closed", ("close", "完成"))


def test_nothing_new_begins_with_a_banned_partner(place: f.College) -> None:
    firm = f.organisation("云帆", status="banned", status_reason="拖欠")
    made = f.opportunity(firm, place.first, place.people["dean"])
    dean = place.actor("dean")
    assert refusal(actions.implement, made, by=dean, intent="x") == "banned"
    actions.close_opportunity(made, by=dean, comment="对方被禁")
    drafted = f.link(place.group, f.association(status="banned", status_reason="x"), today(), status="draft")
    assert refusal(actions.submit_link, drafted, by=dean) == "banned"


def test_a_need_is_claimed_released_met(place: f.College) -> None:
    leader = place.actor("group_leader")
    wanted = f.major(place.first, "510203", "软件技术")
    made = f.need(f.organisation("云帆"))
    actions.claim(made, by=leader)
    assert (made.claimed_by, made.claimed_unit) == (place.people["group_leader"], place.first)
    assert refusal(actions.claim, made, by=leader) == "wrong_state"
    assert refusal(actions.release, made, by=leader, comment="") == "comment_required"
    actions.release(made, by=leader, comment="人手不足")
    assert (made.status, made.claimed_by, made.claimed_unit) == ("open", None, None)
    dean = place.actor("dean")
    actions.claim(made, by=dean, person=place.people["teacher"], unit=place.first, majors=[wanted])
    assert (made.claimed_by, list(made.majors.all())) == (place.people["teacher"], [wanted])
    assert refusal(actions.meet, made, by=dean) == "no_result"
    actions.meet(made, by=place.actor("teacher"), result="输送 12 人")
    assert (made.status, made.result) == ("met", "输送 12 人")
    assert refusal(actions.close_need, made, by=place.actor("office"), comment="x") == "wrong_state"


def test_who_may_not_claim_or_close_a_need(place: f.College) -> None:
    made = f.need(f.organisation("云帆"))
    assert refusal(actions.claim, made, by=place.actor("teacher")) == "forbidden"
    assert refusal(actions.close_need, made, by=place.actor("teacher"), comment="x") == "forbidden"
    office = place.actor("office")
    office.person_id = None
    assert refusal(actions.claim, made, by=office) == "nobody"
    actions.close_need(made, by=place.actor("office"), comment="企业已招满")
    assert (made.status, made.result) == ("closed", "企业已招满")


def test_a_government_policy_is_decided(place: f.College) -> None:
    office = place.actor("office")
    made = f.policy(f.organisation("省教育厅", "government"), today() + ONE)
    assert refusal(actions.apply_policy, made, by=office, decided_on=today() + ONE) == "future"
    assert refusal(actions.ignore_policy, made, by=office, comment="") == "comment_required"
    assert refusal(actions.apply_policy, made, by=place.actor("dean")) == "forbidden"
    actions.apply_policy(made, by=office, decided_on=today() - ONE)
    assert (made.status, made.decided_on, made.decision_reason) == ("applied", today() - ONE, "")
    actions.ignore_policy(made, by=office, comment="条件不符")
    assert (made.status, made.decided_on, made.decision_reason) == ("ignored", today(), "条件不符")
    actions.reopen_policy(made, by=office, comment="条件变化")
    assert (made.status, made.decided_on, made.decision_reason) == ("open", None, "")


def test_a_record_that_is_gone_cannot_be_acted_on(place: f.College) -> None:
    made = f.link(place.group, f.association(), date(2025, 1, 1))
    IndustryLink.objects.filter(pk=made.pk).delete()
    with pytest.raises(FlowError) as refused:
        actions.end_link(made, by=place.actor("office"), ends_on=today(), comment="x")
    assert refused.value.code == "gone"
