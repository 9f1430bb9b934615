"""An apprenticeship from the joint plan to its end: what goes, and what is refused in which words."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse

from tests.cultivation.apprentices import Place, place, route, stand_still
from zhixing.agreements.models import AgreementParty
from zhixing.cultivation import apprenticeship_actions as actions
from zhixing.cultivation import review_links
from zhixing.cultivation.marks import OF_MASTER
from zhixing.cultivation.models import (
    Apprentice,
    Apprenticeship,
    CircumstanceChange,
    EnrolmentPlan,
    MasterPair,
    QualityReview,
    Rotation,
)
from zhixing.kernel import approval, links
from zhixing.kernel.flow import FlowError

DAY = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_still(monkeypatch)


@pytest.fixture
def here(db: None) -> Place:
    return place()


def code_of(refused: pytest.ExceptionInfo[ValidationError]) -> str | None:
    error = refused.value
    return error.error_list[0].code if hasattr(error, "error_list") else next(iter(error.error_dict.values()))[0].code


# Enrolling and hiring


def test_from_application_to_contract_makes_a_student_an_apprentice(here: Place) -> None:
    dean = here.home.actor("dean")
    candidate = here.candidate("小林")
    actions.record_test(candidate, by=dean, score=Decimal(82), tested_on=DAY)
    actions.make_offer(candidate, by=dean)
    apprentice = actions.record_contract(candidate, by=dean, contracted_on=DAY, student=here.student("小林"))
    assert (candidate.status, apprentice.status, apprentice.candidate_id) == ("contracted", "active", candidate.pk)
    # Student and employee in one: the contract is the hiring.
    assert apprentice.employed_on == DAY and apprentice.joined_on == DAY


def test_offers_never_exceed_the_plan(here: Place) -> None:
    dean = here.home.actor("dean")
    offered = [here.candidate(f"人{n}", status="tested", score=80) for n in range(3)]
    actions.make_offer(offered[0], by=dean)
    actions.make_offer(offered[1], by=dean)
    with pytest.raises(FlowError) as refused:
        actions.make_offer(offered[2], by=dean)
    assert code_of(refused) == "full"


def test_an_offer_needs_a_test_and_an_approved_plan(here: Place) -> None:
    dean = here.home.actor("dean")
    candidate = here.candidate("小林")
    with pytest.raises(FlowError) as refused:
        actions.make_offer(candidate, by=dean)
    assert code_of(refused) == "wrong_state"
    EnrolmentPlan.objects.update(status="draft", approved_on=None)
    tested = here.candidate("小王", status="tested", score=70)
    with pytest.raises(FlowError) as refused:
        actions.make_offer(tested, by=dean)
    assert code_of(refused) == "no_plan"


@pytest.mark.parametrize(
    ("born", "guardian", "code"),
    [
        (date(2008, 3, 2), False, None),  # 18 on the very day
        (date(2008, 3, 3), False, "no_guardian"),  # 18 tomorrow
        (date(2008, 3, 3), True, None),
        (date(2010, 3, 2), True, None),  # 16 on the very day
        (date(2010, 3, 3), True, "too_young"),
        (None, True, "no_age"),
    ],
)
def test_a_minor_needs_the_guardian_as_fourth_party(
    here: Place, born: date | None, guardian: bool, code: str | None
) -> None:
    candidate = here.candidate("小林", status="offered", score=80)
    agreement = here.programme.agreement
    if guardian:
        AgreementParty.objects.create(agreement=agreement, order=4, role="guardian", name="林父")
    call: dict[str, Any] = {"contracted_on": DAY, "joined_on": DAY, "agreement": agreement}
    student = here.student("小林", birth_date=born)
    if code is None:
        apprentice = actions.record_contract(candidate, by=here.home.actor("dean"), student=student, **call)
        assert apprentice.needs_guardian is guardian
        return
    with pytest.raises(FlowError) as refused:
        actions.record_contract(candidate, by=here.home.actor("dean"), student=student, **call)
    assert code_of(refused) == code
    assert not Apprentice.objects.exists()


def test_nobody_is_in_two_programmes_at_once(here: Place) -> None:
    here.apprentice("小林")
    candidate = here.candidate("小林", status="offered", score=80)
    with pytest.raises(ValidationError):
        student = Apprentice.objects.get().student
        actions.record_contract(candidate, by=here.home.actor("dean"), contracted_on=DAY, student=student)
    candidate.refresh_from_db()
    assert candidate.status == "offered"


def test_recruiting_rests_on_agreement_and_plan(here: Place) -> None:
    dean = here.home.actor("dean")
    Apprenticeship.objects.update(status="planned")
    here.programme.refresh_from_db()
    EnrolmentPlan.objects.update(status="draft", approved_on=None)
    with pytest.raises(FlowError) as refused:
        actions.recruit(here.programme, by=dean)
    assert code_of(refused) == "no_plan"
    EnrolmentPlan.objects.update(status="approved", approved_on=DAY)
    agreement = here.programme.agreement
    assert agreement is not None
    agreement.status = "ended"
    agreement.save()
    with pytest.raises(FlowError) as refused:
        actions.recruit(here.programme, by=dean)
    assert code_of(refused) == "no_agreement"
    agreement.status = "in_force"
    agreement.save()
    actions.recruit(here.programme, by=dean)
    assert here.programme.status == "recruiting"
    with pytest.raises(FlowError) as refused:
        actions.start_programme(here.programme, by=dean)
    assert code_of(refused) == "empty"


def test_another_college_may_not(here: Place) -> None:
    candidate = here.candidate("小林", status="tested", score=80)
    with pytest.raises(FlowError) as refused:
        actions.make_offer(candidate, by=here.home.actor("other_dean"))
    assert code_of(refused) == "forbidden"


def test_a_joint_plan_is_agreed_by_the_firm_and_fits_into_the_programme(here: Place) -> None:
    dean = here.home.actor("dean")
    route("cultivation.enrolment_plan")
    plan = EnrolmentPlan.objects.create(programme=here.programme, year=2026, quota=9)
    with pytest.raises(FlowError) as refused:
        actions.submit_plan_of_enrolment(plan, by=dean)
    assert code_of(refused) == "not_agreed"
    plan.firm_agreed_on = DAY
    plan.save()
    with pytest.raises(FlowError) as refused:
        actions.submit_plan_of_enrolment(plan, by=dean)
    assert code_of(refused) == "over_quota"
    plan.quota = 8
    plan.save()
    actions.submit_plan_of_enrolment(plan, by=dean)
    approval.approve(approval.inbox(dean).get().pk, by=dean)
    plan.refresh_from_db()
    assert (plan.status, plan.approved_on) == ("approved", date(2026, 3, 10))


# Masters and posts


def test_a_new_master_follows_the_one_before(here: Place) -> None:
    dean, apprentice = here.home.actor("dean"), here.apprentice("小林")
    first = actions.pair(apprentice, by=dean, master=here.master("张师傅"), starts_on=date(2025, 9, 1))
    actions.pair(apprentice, by=dean, master=here.master("李师傅"), starts_on=DAY)
    first.refresh_from_db()
    assert first.ends_on == date(2026, 3, 1)
    with pytest.raises(ValidationError):
        actions.pair(apprentice, by=dean, master=here.master("王师傅"), starts_on=DAY)


def test_a_master_has_no_more_than_the_programme_allows(here: Place) -> None:
    dean, master = here.home.actor("dean"), here.master("张师傅")
    people = [here.apprentice(f"人{n}") for n in range(4)]
    actions.pair(people[0], by=dean, master=master, starts_on=date(2025, 9, 1))
    second = actions.pair(people[1], by=dean, master=master, starts_on=date(2025, 9, 1))
    with pytest.raises(ValidationError) as refused:
        actions.pair(people[2], by=dean, master=master, starts_on=DAY)
    assert code_of(refused) == "overload"
    # Where one has gone there is room for the next.
    second.ends_on = date(2026, 3, 1)
    second.save()
    actions.pair(people[2], by=dean, master=master, starts_on=DAY)
    with pytest.raises(ValidationError):
        actions.pair(people[3], by=dean, master=master, starts_on=DAY)


def test_a_master_is_of_the_training_firm(here: Place) -> None:
    stranger = here.master("张师傅")
    from tests.factories import make
    from zhixing.partners.models import Organisation

    stranger.organisation = make(Organisation)
    stranger.save()
    with pytest.raises(ValidationError):
        actions.pair(here.apprentice("小林"), by=here.home.actor("dean"), master=stranger, starts_on=DAY)


@pytest.mark.django_db(transaction=True)
def test_of_many_pairs_for_the_last_places_only_the_limit_is_written() -> None:
    here = place()
    dean, master = here.home.actor("dean"), here.master("张师傅")
    people = [here.apprentice(f"人{n}") for n in range(6)]

    def take(apprentice: Apprentice) -> bool:
        try:
            actions.pair(apprentice, by=dean, master=master, starts_on=DAY)
        except ValidationError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(take, people))
    assert sum(taken) == here.programme.mentor_limit == MasterPair.objects.count()


def test_posts_follow_one_another(here: Place) -> None:
    dean, apprentice = here.home.actor("dean"), here.apprentice("小林")
    actions.rotate(apprentice, by=dean, post="装配", starts_on=date(2025, 9, 1))
    actions.rotate(apprentice, by=dean, post="调试", starts_on=DAY)
    days = list(Rotation.objects.order_by("starts_on").values_list("post", "ends_on"))
    assert days == [("装配", date(2026, 3, 1)), ("调试", None)]


# Reviews


def test_reviews_are_planned_once_for_each_side(here: Place) -> None:
    dean = here.home.actor("dean")
    here.apprentice("小林")
    made = actions.plan_reviews(here.programme, by=dean, term=here.term, each=True)
    assert len(made) == 5 and {row.due for row in made} == {date(2026, 6, 28)}
    assert actions.plan_reviews(here.programme, by=dean, term=here.term, each=True) == []


def test_a_review_is_done_once_and_a_low_score_is_explained(here: Place) -> None:
    dean, review = here.home.actor("dean"), here.review("school")
    with pytest.raises(ValidationError):
        actions.do_review(review, by=dean, score=Decimal(59))
    actions.do_review(review, by=dean, score=Decimal(59), text="安全意识不足")
    assert review.done_on == date(2026, 3, 10)
    with pytest.raises(FlowError) as refused:
        actions.do_review(review, by=dean, score=Decimal(90))
    assert code_of(refused) == "done"


def test_a_master_reviews_the_own_apprentices_by_link(here: Place) -> None:
    dean = here.home.actor("dean")
    mine, other = here.apprentice("小林"), here.apprentice("小王")
    master = here.master("张师傅")
    actions.pair(mine, by=dean, master=master, starts_on=DAY)
    actions.plan_reviews(here.programme, by=dean, term=here.term, each=True)
    url = links.issue(review_links.REVIEW, here.programme, name="张师傅", by=dean, data={"master": master.pk})
    client, path = Client(), "/" + url.split("/", 3)[3]
    page = client.get(path).content.decode()
    assert "小林" in page and "小王" not in page and 'type="range"' in page
    review = QualityReview.objects.get(apprentice=mine, side="firm")
    marks = {f"{code}-{review.pk}": str(mark) for (code, _label), mark in zip(OF_MASTER, (90, 80, 70, 60), strict=True)}
    assert client.post(path, {"review": "999", **marks}).status_code == 422
    answer = client.post(path, {"review": str(review.pk), f"text-{review.pk}": "上手快", **marks})
    assert answer.status_code == 200
    review.refresh_from_db()
    assert (review.score, review.reviewer) == (Decimal("75.0"), "张师傅") and "上手快" in review.text
    assert client.get(path).status_code == 410
    assert QualityReview.objects.get(apprentice=other, side="firm").done_on is None


def test_a_low_mean_by_link_is_refused_without_words_and_the_link_lives(here: Place) -> None:
    review = here.review("firm")
    url = links.issue(review_links.REVIEW, here.programme, name="张师傅", by=here.home.actor("dean"), data={})
    client, path = Client(), "/" + url.split("/", 3)[3]
    marks = {f"{code}-{review.pk}": "40" for code, _label in OF_MASTER}
    assert client.post(path, {"review": str(review.pk), **marks}).status_code == 422
    assert client.post(path, {"review": str(review.pk), f"text-{review.pk}": "经常迟到", **marks}).status_code == 200


# Changes of circumstances


def decide(here: Place, change: CircumstanceChange) -> None:
    dean = here.home.actor("dean")
    actions.submit_change(change, by=dean)
    approval.approve(approval.inbox(dean).get().pk, by=dean)


def change_of(here: Place, kind: str, **more: Any) -> CircumstanceChange:
    values = {
        "programme": here.programme,
        "effective_on": DAY,
        "reason": "企业停产",
        "stop_loss": "转入其他项目",
        **more,
    }
    return CircumstanceChange.objects.create(kind=kind, **values)


def test_an_approved_pause_of_a_programme_pauses_everybody_and_resuming_wakes_them(here: Place) -> None:
    route("cultivation.circumstance_change")
    apprentice = here.apprentice("小林")
    decide(here, change_of(here, "pause"))
    here.programme.refresh_from_db()
    apprentice.refresh_from_db()
    assert (here.programme.status, apprentice.status) == ("paused", "paused")
    decide(here, change_of(here, "resume"))
    apprentice.refresh_from_db()
    assert apprentice.status == "active"


def test_a_stopped_programme_ends_pairs_and_apprenticeships(here: Place) -> None:
    route("cultivation.circumstance_change")
    apprentice = here.apprentice("小林")
    pair = actions.pair(apprentice, by=here.home.actor("dean"), master=here.master("张"), starts_on=date(2025, 9, 1))
    decide(here, change_of(here, "stop"))
    for row in (here.programme, apprentice, pair):
        row.refresh_from_db()
    assert (here.programme.status, here.programme.ends_on) == ("ended", DAY)
    assert (apprentice.status, apprentice.left_on, pair.ends_on) == ("left", DAY, DAY)


def test_a_move_begins_in_the_other_programme(here: Place) -> None:
    route("cultivation.circumstance_change")
    apprentice = here.apprentice("小林")
    other = Apprenticeship.objects.create(
        code="XT02",
        name="另一班",
        major=here.major,
        organisation=here.programme.organisation,
        quota=5,
        starts_on=date(2025, 9, 1),
        ends_on=date(2028, 6, 30),
        status="planned",
    )
    change = change_of(here, "move", apprentice=apprentice, to_programme=other)
    with pytest.raises(FlowError) as refused:
        actions.submit_change(change, by=here.home.actor("dean"))
    assert code_of(refused) == "target_not_running"
    Apprenticeship.objects.filter(pk=other.pk).update(status="running")
    change.refresh_from_db()
    decide(here, change)
    apprentice.refresh_from_db()
    assert apprentice.status == "moved"
    assert Apprentice.objects.get(programme=other).student_id == apprentice.student_id


def test_stopping_without_a_plan_for_the_apprentices_is_refused(here: Place) -> None:
    change = CircumstanceChange(programme=here.programme, kind="stop", effective_on=DAY, reason="停产")
    with pytest.raises(ValidationError):
        change.full_clean()


def test_a_programme_ends_when_nobody_is_left_without_an_outcome(here: Place) -> None:
    dean, apprentice = here.home.actor("dean"), here.apprentice("小林")
    with pytest.raises(FlowError) as refused:
        actions.finish_programme(here.programme, by=dean, ends_on=DAY)
    assert code_of(refused) == "unfinished"
    actions.finish_apprentice(apprentice, by=dean, left_on=DAY)
    actions.finish_programme(here.programme, by=dean, ends_on=DAY)
    assert here.programme.status == "ended"


def test_the_pages_stand(here: Place, client: Client) -> None:
    here.apprentice("小林")
    here.review("firm")
    client.force_login(here.home.user("dean"))
    detail = reverse("detail", kwargs={"domain": "cultivation", "name": "apprenticeship", "pk": here.programme.pk})
    for url in (detail, reverse("apprenticeship-ask", args=[here.programme.pk]), reverse("risk-radar")):
        assert client.get(url).status_code == 200, url
