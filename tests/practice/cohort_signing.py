"""A cohort signs: asked together, students on their own page, the firm by its link, the school in one go."""

from __future__ import annotations

import re
from datetime import datetime, time
from unittest.mock import patch

from django.core import mail
from django.test import Client, TestCase
from django.utils import timezone

from tests.practice.cohort import TODAY, Campus
from zhixing.agreements import on_paper, together
from zhixing.agreements.models import Agreement, SignatureRequest
from zhixing.kernel.scope import Actor
from zhixing.practice import papers, plan_actions, reminders
from zhixing.practice.models import Placement, PracticePlan


def _by_name(ask: SignatureRequest) -> dict[str, str]:
    return {"act": "sign", "method": "typed", "agree": "1", "typed": ask.signer_name}


def _firm_signs(url: str) -> None:
    """The firm opens its inbox, signs one paper after the other by the code that comes by mail, and none is left."""
    client = Client()
    while waiting := list(client.get(url).context["papers"]):
        ask = waiting[0]
        path = "/l/" + client.post(url, {"do": f"sign:{ask.pk}"}).headers["Location"].split("/l/")[1]
        with TestCase.captureOnCommitCallbacks(execute=True):
            client.post(path, {"act": "code", "channel": "email"})
        code = re.findall(r"\d{6}", mail.outbox[-1].body)[-1]
        client.post(path, {"act": "check", "code": code})
        assert client.post(path, _by_name(ask)).status_code == 200


def signed_by_all(campus: Campus, plan: PracticePlan, placed: list[Placement], dean: Actor) -> None:
    """Every paper of these placements goes the whole way, and is in force at the end with all its signatures."""
    # A signature has its moment, and no agreement is in force from a day to come.
    moment = datetime.combine(TODAY, time(10), timezone.get_current_timezone())
    with patch.object(timezone, "now", lambda: moment):
        _sign(campus, plan, placed, dean)


def _sign(campus: Campus, plan: PracticePlan, placed: list[Placement], dean: Actor) -> None:
    browsers = {row.student_id: campus.sign_in(row.student) for row in placed}
    keys = [row.agreement_id for row in placed]
    assert papers.to_sign(plan).count() == len(keys)
    plan_actions.ask_signing(plan, by=dean)
    asked = SignatureRequest.objects.filter(agreement__in=keys, archived_at=None)
    assert set(Agreement.objects.filter(pk__in=keys).values_list("status", flat=True)) == {"signing"}
    assert not papers.to_sign(plan).exists()
    # The firm's turn comes first; nobody else can be quicker.
    url = reminders.firm_link(placed[0].post.organisation, by=dean, name="王经理")
    _firm_signs("/l/" + url.split("/l/")[1])
    for ask in asked.filter(party__role="student").select_related("party"):
        assert (ask.channel, ask.state) == ("inside", "open")
        client, page = browsers[ask.party.student_id], f"/agreements/signing/{ask.pk}/"
        assert client.post(page, _by_name(ask)).status_code == 302
    for ask in asked.filter(party__role="guardian", state="open"):
        on_paper.record_one(ask, by=dean, signed_on=TODAY)
    assert not asked.filter(state="open").exclude(party__role="school").exists()
    waiting = together.waiting_for(dean).filter(agreement__in=keys)
    assert waiting.count() == len(keys)
    found = together.sign_many(list(waiting.values_list("pk", flat=True)), by=dean, typed=dean.name)
    assert (found.done, found.refused) == (len(keys), {})
    assert set(Agreement.objects.filter(pk__in=keys).values_list("status", flat=True)) == {"in_force"}
