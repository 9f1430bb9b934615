"""What a firm does by its link: every act of its page, its colleagues, and how many questions the page asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.practice.cohort import TODAY, Campus
from tests.practice.test_before_the_start import placed
from zhixing.agreements import actions as agreements
from zhixing.kernel.models import Event, OutsideLink
from zhixing.kernel.scope import SYSTEM
from zhixing.practice import consent_actions, papers, plan_actions, post_actions, reminders
from zhixing.practice.models import Consent, Placement, Post, PracticePlan, Preference


@pytest.fixture(autouse=True)
def today(clock: Callable[[date], None]) -> date:
    clock(TODAY)
    return TODAY


def address(campus: Campus) -> str:
    url = reminders.firm_link(campus.firms[0], by=SYSTEM, name="王经理")
    return "/l/" + url.split("/l/")[1]


def test_last_year_s_posts_are_offered_again_with_one_tap_and_once(campus: Campus) -> None:
    plan, url = campus.plan(status="approved", approved_on=TODAY), address(campus)
    client = Client()
    assert [item["number"] for item in client.get(url).context["copies"]] == [1]
    assert client.post(url, {"do": f"copy:{plan.pk}"}).status_code == 302
    (post,) = plan.posts.all()
    assert (post.status, post.organisation, post.copied_from) == (
        "offered",
        campus.firms[0],
        campus.last.posts.get(pk=post.copied_from_id),
    )
    assert {"copied", "offer"} <= set(
        Event.objects.filter(record_type="practice.post", record_id=post.pk).values_list("verb", flat=True)
    )
    again = client.post(url, {"do": f"copy:{plan.pk}"})
    assert again.status_code == 422 and plan.posts.count() == 1
    # What does not say enough is copied all the same, and waits for the firm's word.
    post.delete()
    Post.objects.filter(plan=campus.last).update(tasks="")
    assert client.post(url, {"do": f"copy:{plan.pk}"}).status_code == 302
    assert plan.posts.get().status == "draft"


def test_a_student_is_declined_with_a_reason_and_only_one_s_own(campus: Campus) -> None:
    plan = campus.with_posts("allocated")
    mine, other = placed(plan, campus), placed(plan, campus, 1)
    client, url = Client(), address(campus)
    assert client.post(url, {"do": f"decline:{mine.pk}", "reason": ""}).status_code == 422
    assert client.post(url, {"do": f"decline:{other.pk}", "reason": "不要"}).status_code == 422
    assert f"decline:{mine.pk}" in client.get(f"{url}?decline={mine.pk}").content.decode()
    assert client.post(url, {"do": f"decline:{mine.pk}", "reason": "人手已满"}).status_code == 302
    assert list(Placement.objects.order_by("pk").values_list("status", flat=True)) == ["cancelled", "confirmed"]
    said = Event.objects.get(record_type="practice.placement", record_id=mine.pk, verb="cancel")
    assert (said.comment, said.actor_name) == ("人手已满", "王经理")
    assert client.post(url, {"do": f"decline:{mine.pk}", "reason": "再说"}).status_code == 422


def test_applicants_are_put_in_order_tap_by_tap(campus: Campus) -> None:
    plan = campus.with_posts("choosing")
    post = plan.posts.get(organisation=campus.firms[0])
    for rank, student in enumerate(campus.students, 1):
        Preference.objects.create(plan=plan, student=student, post=post, rank=rank)
    a, b, c = campus.students
    client, url = Client(), address(campus)
    order = lambda: [row.student for row in client.get(url).context["rankings"][0]["people"]]  # noqa: E731
    assert order() == [a, b, c] and not post.rankings.exists()
    assert client.post(url, {"do": f"rank:{post.pk}", "move": f"up:{c.pk}"}).status_code == 302
    assert order() == [a, c, b] and list(post.rankings.values_list("student", flat=True)) == [a.pk, c.pk, b.pk]
    client.post(url, {"do": f"rank:{post.pk}", "move": f"down:{a.pk}"})
    assert order() == [c, a, b]
    # Whoever has a place meanwhile is no applicant any more, and another firm's post is not this one's to rank.
    placed(plan, campus, 1)
    assert order() == [c, a]
    foreign = plan.posts.exclude(organisation=campus.firms[0])[0]
    assert client.post(url, {"do": f"rank:{foreign.pk}", "move": "keep:1"}).status_code == 422
    plan.status = "allocated"
    plan.save()
    assert client.post(url, {"do": f"rank:{post.pk}", "move": "keep:1"}).status_code == 422


def test_signing_leads_to_the_signer_s_own_page(campus: Campus) -> None:
    row = placed(campus.with_posts("allocated"), campus, accepted_on=TODAY)
    papers.make(row, by=SYSTEM)
    paper = row.agreement
    assert paper is not None
    agreements.start_signing(paper, by=SYSTEM)
    ask = paper.signature_requests.get(party__organisation=campus.firms[0])
    client, url = Client(), address(campus)
    assert ask.state == "open" and f"sign:{ask.pk}" in client.get(url).content.decode()
    answer = client.post(url, {"do": f"sign:{ask.pk}"})
    assert answer.status_code == 302 and answer.headers["Location"].startswith("/l/")
    assert client.get("/l/" + answer.headers["Location"].split("/l/")[1]).status_code == 200
    other = paper.signature_requests.exclude(pk=ask.pk)[0]
    assert client.post(url, {"do": f"sign:{other.pk}"}).status_code == 422


def test_a_colleague_gets_a_link_of_their_own_and_the_first_stays_good(campus: Campus, settings: Any) -> None:
    client, url, firm = Client(), address(campus), campus.firms[0]
    assert client.get(f"{url}?share=1").status_code == 200
    assert client.post(url, {"do": "share", "name": "李主管"}).status_code == 422 and not mail.outbox
    answer = client.post(url, {"do": "share", "name": "李主管", "email": "li@example.com", "phone": ""})
    assert answer.status_code == 302
    first, second = OutsideLink.objects.filter(purpose=reminders.FIRM).order_by("pk")
    assert (second.name, second.data, second.expires_at) == ("李主管", {"from": first.pk}, first.expires_at)
    said = Event.objects.get(record_type="partners.organisation", record_id=firm.pk, verb=reminders.SHARED)
    assert said.actor_name == "王经理" and said.data["to"] == "李主管"
    assert client.get(url).status_code == 200
    # Only the college's own message counts as the one of the day.
    first.delete()
    assert reminders.send_firm_link(firm, by=SYSTEM) == 1 and reminders.send_firm_link(firm, by=SYSTEM) == 0
    url = address(campus)
    for _n in range(reminders.SHARED_A_DAY - 1):
        assert client.post(url, {"do": "share", "name": "李", "email": "li@example.com"}).status_code == 302
    assert client.post(url, {"do": "share", "name": "李", "email": "li@example.com"}).status_code == 422


def _asked(url: str) -> int:
    cache.clear()
    with CaptureQueriesContext(connection) as seen:
        assert Client().get(url).status_code == 200
    return len(seen)


def test_the_page_asks_as_much_for_fifty_rows_as_for_five(db: Any) -> None:
    campus = Campus(size=60, firms=1, posts_each=50)
    url = address(campus)

    def grown(first: int, last: int) -> int:
        """So many plans to copy to, posts with applicants, students to take."""
        for n in range(first, last):
            plan = campus.plan(code=f"SX-A{n}", title=f"实习{n}", status="choosing", approved_on=TODAY)
            old = campus.last.posts.order_by("pk")[n]
            (post,) = post_actions.copy_many([old], plan, by=SYSTEM)
            Post.objects.filter(pk=post.pk).update(status="approved", approved_on=TODAY)
            Preference.objects.create(plan=plan, student=campus.students[59], post=post, rank=1)
            placed(PracticePlan.objects.get(pk=plan.pk), campus, 0, post=post) if n == 0 else None
        return _asked(url)

    few = grown(0, 5)
    page = Client().get(url)
    assert len(page.context["rankings"]) == 5 and len(page.context["copies"]) == 5
    assert grown(5, 50) == few <= 25


def test_who_is_asked_for_a_consent_stands_in_the_history_and_the_school_is_read_once(campus: Campus) -> None:
    plan = campus.with_posts("allocated")
    rows = [placed(plan, campus, n) for n in range(3)]
    with CaptureQueriesContext(connection) as seen:
        assert consent_actions.ask_many(rows, by=SYSTEM) >= 3
    assert sum('FROM "org_school"' in query["sql"] for query in seen) == 1
    made = Consent.objects.filter(placement__in=rows)
    events = Event.objects.filter(record_type="practice.consent", verb="created")
    assert made.count() == 6 and set(events.values_list("record_id", flat=True)) == {row.pk for row in made}
    assert consent_actions.prepare(rows, by=SYSTEM) == [] and events.count() == 6
    assert plan_actions.earlier(plan) == campus.last
