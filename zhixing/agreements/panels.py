"""Parts of an agreement's page that say more than its fields."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from zhixing.agreements import queries
from zhixing.agreements.checks import findings, in_language
from zhixing.agreements.models import Agreement, AgreementKind, AgreementParty, PartyRole, Template
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.kernel.values import plain

_OPEN = (Agreement.Status.DRAFT, Agreement.Status.CONFIRMING)


def state_panel(agreement: Agreement, actor: Actor) -> str:
    """With whom the ball is and since when, how long it still holds, and what the rules find."""
    ball = queries.ball(agreement)
    left = (agreement.ends_on - timezone.localdate()).days
    in_force = agreement.status == Agreement.Status.IN_FORCE
    found = findings(agreement) if agreement.status != Agreement.Status.REPLACED else []
    context = {
        "agreement": agreement,
        "ball": ball,
        "who": "、".join(ball.who),
        "since": timezone.localtime(ball.since) if ball.since else None,
        "days": (timezone.now() - ball.since).days if ball.since else None,
        "days_left": left if in_force else None,
        "expiring": in_force and 0 <= left <= agreement.kind.expiring_days,
        "scan_missing": queries.without_scan(Agreement.objects.filter(pk=agreement.pk)).exists(),
        "may_scan": actor.can_on(agreement, "change"),
        "over": in_force and left < 0,
        "findings": found,
    }
    return render_to_string("agreements/_state.html", context)


def contents_panel(agreement: Agreement, actor: Actor) -> str:
    """What the text says, and the way to the paper."""
    kind = agreement.kind
    contents = [(in_language(spec["name"]), agreement.contents.get(spec["code"], "")) for spec in kind.contents]
    details = [(in_language(spec["name"]), _shown(spec, agreement.details.get(spec["code"]))) for spec in kind.details]
    sheet = sheet_for(Agreement)
    may = agreement.status in _OPEN and actor.can_on(agreement, "change")
    context = {
        "agreement": agreement,
        "contents": contents,
        "details": details,
        "edit_url": sheet.url("act", agreement.pk, key="contents") if sheet and may else "",
    }
    return render_to_string("agreements/_contents.html", context)


def _shown(spec: dict[str, Any], value: Any) -> str:
    if spec["type"] == "bool":
        return plain(bool(value))
    return "" if value is None else str(value)


def kind_panel(kind: AgreementKind, actor: Actor) -> str:
    """What a kind asks for: parties, signers in order, contents, named fields; and its template."""
    context = {
        "kind": kind,
        "roles": [PartyRole(role).label for role in kind.roles],
        "signers": [PartyRole(signer["role"]).label for signer in kind.signers],
        "contents": [(spec["code"], in_language(spec["name"])) for spec in kind.contents],
        "details": [(spec["code"], in_language(spec["name"])) for spec in kind.details],
        "may_add": actor.can(Template, "change"),
    }
    return render_to_string("agreements/_kind.html", context)


def template_panel(template: Template, actor: Actor) -> str:
    """The named fields of a template, with those that decide whether a passage stands."""
    return render_to_string("agreements/_template.html", {"template": template})


def link_panel(party: AgreementParty, actor: Actor) -> str:
    """Who confirmed a party's data and when, or the way to the link by which it does."""
    if party.confirmed_at is not None:
        return render_to_string("agreements/_link.html", {"party": party})
    may = party.role != PartyRole.SCHOOL and party.agreement.status in _OPEN and actor.can_on(party, "change")
    sheet = sheet_for(AgreementParty)
    if not may or sheet is None:
        return ""
    return render_to_string(
        "agreements/_link.html", {"party": party, "link_url": sheet.url("act", party.pk, key="link")}
    )


def document_panel(document: Any, actor: Actor) -> str:
    """The file itself."""
    return render_to_string("agreements/_document.html", {"document": document})
