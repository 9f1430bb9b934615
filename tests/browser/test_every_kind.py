"""Every kind of agreement from the form of a new one to its end, through the pages alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from tests.browser.agreement_pages import ASSOCIATION, FIRM, House, Walk
from tests.browser.conftest import standing
from zhixing.agreements import seeding, signing
from zhixing.agreements.models import Agreement, AgreementDocument

pytestmark = pytest.mark.django_db
KINDS = seeding.shipped()
ENDS = ("end", "terminate", "renew")
# How the partner confirms and signs, and what becomes of the agreement: both ways meet every end.
STORIES = [(spec, ("link", "paper")[place % 2], ENDS[place % 3]) for place, spec in enumerate(KINDS)]
OWN = {"number": "12", "text": "海口市龙华区"}
# Where a kind's own fields are held to rules.
RULED = {"hours_day": "8", "hours_week": "40", "pay_day": "15", "pay": "2600"}
AGES = {"apprentice": 20, "tripartite": 16}


@pytest.fixture(scope="module")
def college(
    browser: Browser, django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    with standing(browser, django_db_blocker, tmp_path_factory.mktemp("home")) as windows:
        yield House(windows)


@pytest.mark.parametrize(("spec", "way", "end"), STORIES, ids=[spec["code"] for spec, _way, _end in STORIES])
def test_from_the_form_to_the_end(
    college: House, clock: Callable[[date], None], spec: dict[str, Any], way: str, end: str
) -> None:
    kind, walk, today = spec["code"], Walk(college), timezone.localdate()
    partner = "association" if kind == "association" else "enterprise"
    channels = {partner: way, "school": "inside", "individual": "link", "student": "link", "guardian": "paper"}
    values: dict[str, Any] = {
        "title": f"椰风{spec['name']}",
        "counterparty": ASSOCIATION if kind == "association" else FIRM,
        "starts_on": today.isoformat(),
        "ends_on": (today + timedelta(days=3 * 366)).isoformat(),
        "amount": "120000",
    }
    if kind in AGES:
        values |= {"student": college.students[AGES[kind]].number, "ends_on": (today + timedelta(days=180)).isoformat()}
        # Who has an account signs with it.
        channels["student"] = "inside" if kind == "tripartite" else "link"
    before = Agreement.objects.exclude(number=None).count()

    # The need: a draft that still lacks its parties and its text, and is told so.
    walk.draft(spec, **values)
    expect(walk.desk.locator("#state .zx-tag--bad").first).to_be_visible()
    asked = {item["code"]: item["type"] for item in spec["details"] if item["type"] in OWN}
    walk.write(spec, {code: RULED.get(code, OWN[sort]) for code, sort in asked.items()})
    if kind == "industry_teacher":
        walk.add_party(order="9", role="individual", name="李工", email="li@example.com")
        walk.at_record()
    walk.press("ask")
    assert walk.state() == "confirming"
    parties = set(walk.record.parties.values_list("role", flat=True))
    assert parties == {*spec["roles"], *(["guardian"] if AGES.get(kind, 18) < 18 else [])}
    walk.confirm(partner, by_link=way == "link")
    walk.at_record()
    expect(walk.desk.locator("#state .zx-tag--bad")).to_have_count(0)

    # Approved in the inbox, or cleared where the kind was approved once for all.
    approves = spec["needs_approval"]
    assert (walk.offered("submit"), walk.offered("clear")) == (approves, not approves)
    if approves:
        walk.press("submit")
        assert walk.state() == "submitted"
        walk.approve()
        walk.at_record()
    else:
        walk.press("clear")
    assert walk.state() == "approved"
    number = f"{spec['prefix']}-{today.year}-W1-{before + 1:03d}"
    assert walk.record.number == number
    expect(walk.desk.locator("h1")).to_contain_text(number)
    walk.document()

    # Signed by everybody in the kind's order, in force with the last.
    walk.at_record()
    walk.ask_to_sign(channels)
    assert walk.state() == "signing"
    order = [signer["role"] for signer in spec["signers"] if signer["role"] in parties]
    assert walk.sign_all() == [(role, channels[role]) for role in order]
    walk.at_record()
    assert walk.state() == "in_force"
    assert walk.record.signed_on == today and signing.broken_evidence(walk.record) == []
    expect(walk.desk.locator("#signing a.zx-btn--primary")).to_be_visible()
    made = AgreementDocument.objects.filter(agreement=walk.record).values_list("kind", flat=True)
    assert set(made) == {"draft", "final", "signed"}
    paper = "paper" in {channels[role] for role in order}
    expect(walk.desk.locator("#state a[href*='scans']")).to_have_count(int(paper))

    walk.ended(end, clock)
    assert walk.record.number == number
    assert college.windows.faults == []
