"""Tripartite agreements for placements: found in the register or made from what is known, and signed as any agreement (I-21)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from zhixing.agreements import actions as agreements
from zhixing.agreements.models import SIGNED, Agreement, AgreementKind, PartyRole
from zhixing.kernel import changes, events
from zhixing.kernel.acting import add
from zhixing.kernel.flow import FlowError
from zhixing.kernel.scope import Actor
from zhixing.practice.bulk import Outcome
from zhixing.practice.covers import covers_of
from zhixing.practice.placements import Placement
from zhixing.practice.plans import PracticePlan
from zhixing.practice.posts import Filing

KIND = "tripartite"
DEAD = ("terminated", "replaced")
_WAITING = (Placement.Status.CONFIRMED, Placement.Status.RUNNING)


def kind() -> AgreementKind:
    """The kind of the tripartite agreement; FlowError where the college does not use it."""
    found = AgreementKind.objects.filter(code=KIND, archived_at=None).first()
    if found is None:
        raise FlowError(_("There is no kind of agreement for internships: load the kinds first."), code="no_kind")
    return found


def make_many(placements: Sequence[Placement], *, by: Actor, comment: str = "") -> Outcome:
    """Give every placement its agreement: the one in the register where it covers the days, else a new one, ready to sign.

    Each is done or not done by itself; whoever's agreement is not complete is named with what it lacks.
    """
    outcome = Outcome()
    if not placements:
        raise FlowError(_("Every confirmed placement has its agreement already."), code="nobody")
    found_kind = kind()
    there = _existing(placements)
    linked = [row for row in placements if row.pk in there]
    able = _may_change(placements, by)
    with transaction.atomic():
        for row in linked:
            if row.pk in able:
                row.agreement = there[row.pk]
                outcome.done.append(row)
        Placement._base_manager.bulk_update(outcome.done, ["agreement"])
        events.log_many(outcome.done, "agreement_found", by=by, comment=comment)
        changes.touched(Placement, [row.pk for row in outcome.done])
    for row in placements:
        if row.pk in there:
            continue
        try:
            if row.pk not in able:
                raise FlowError(_("You may not change this record."), code="forbidden")
            with transaction.atomic():
                make(row, by=by, comment=comment, kind_=found_kind)
            outcome.done.append(row)
        except ValidationError as refused:
            outcome.refused[row.pk] = f"{row.student.name}：{'；'.join(refused.messages)}"
    return outcome


def _may_change(placements: Sequence[Placement], by: Actor) -> set[int]:
    rows = Placement.objects.filter(pk__in=[row.pk for row in placements])
    return set(rows.visible_to(by, "change").values_list("pk", flat=True))  # type: ignore[attr-defined]


def _existing(placements: Sequence[Placement]) -> dict[int, Agreement]:
    """Tripartite agreements of the same student and firm that hold all days of a placement; the signed first."""
    rows = Agreement.objects.filter(
        kind__code=KIND, student__in={row.student_id for row in placements}, archived_at=None
    ).exclude(status__in=DEAD)
    by_pair: dict[tuple[Any, Any], list[Agreement]] = {}
    for agreement in rows.order_by("pk"):
        by_pair.setdefault((agreement.student_id, agreement.counterparty_id), []).append(agreement)
    found: dict[int, Agreement] = {}
    for row in placements:
        fits = [
            item
            for item in by_pair.get((row.student_id, row.post.organisation_id), [])
            if item.starts_on <= row.starts_on and item.ends_on >= row.ends_on
        ]
        if fits:
            found[row.pk] = min(fits, key=lambda item: item.status not in SIGNED)
    return found


def make(placement: Placement, *, by: Actor, comment: str = "", kind_: AgreementKind | None = None) -> Agreement:
    """One agreement from a placement, with parties and named fields filled in, ready to sign where it is complete."""
    post, student, plan = placement.post, placement.student, placement.plan
    agreement = Agreement(
        kind=kind_ or kind(),
        title=_("Internship of %(student)s at %(firm)s")
        % {"student": student.name, "firm": post.organisation.short_name or post.organisation.name},
        unit=plan.major.unit,
        major=plan.major,
        counterparty=post.organisation,
        student=student,
        owner=plan.owner or placement.supervisor,
        starts_on=placement.starts_on,
        ends_on=placement.ends_on,
        details=details_of(placement),
    )
    add(agreement, by=by, comment=comment, follows=True)
    placement.agreement = agreement
    placement.save(update_fields=["agreement", "updated_at"])
    helper = by.as_system()
    agreements.prepare(agreement, by=helper)
    if placement.accepted_on is not None:
        # The firm accepted this student on a page that shows its own data.
        for party in agreement.parties.filter(role=PartyRole.ENTERPRISE, confirmed_at=None, archived_at=None):
            agreements.confirm(party, by=helper, name=party.contact or party.name)
    if not agreement.parties.filter(role=PartyRole.ENTERPRISE, confirmed_at=None, archived_at=None).exists():
        agreements.clear(agreement, by=helper, comment=comment)
    return agreement


def to_sign(plan: PracticePlan) -> QuerySet[Agreement]:
    """The agreements of a plan's confirmed placements that are ready and nobody was asked to sign yet."""
    rows = Placement.objects.filter(plan=plan, archived_at=None, status__in=_WAITING)
    found = Agreement.objects.filter(
        pk__in=rows.values("agreement"), status=Agreement.Status.APPROVED, archived_at=None
    )
    return found.select_related("kind", "unit", "student").order_by("pk")


def call_off(placement: Placement, *, by: Actor, comment: str) -> bool:
    """Stop the signing of a placement that is called off: links stop working, the paper goes back to its editor.

    What is in force stays so until it is ended by name, and another living placement keeps the paper it shares.
    Returns whether anything was stopped.
    """
    paper = placement.agreement
    if paper is None or paper.status != Agreement.Status.SIGNING:
        return False
    others = Placement.objects.filter(agreement=paper, status__in=Placement.LIVE, archived_at=None)
    if others.exclude(pk=placement.pk).exists():
        return False
    agreements.give_back(paper, by=by.as_system(), comment=comment)
    return True


def details_of(placement: Placement) -> dict[str, Any]:
    """The named fields of the tripartite agreement, as the post and the placement know them."""
    post = placement.post
    filing = (
        Filing.objects.filter(
            organisation=post.organisation_id,
            subjects__contains=[Filing.Subject.NIGHT],
            starts_on__lte=placement.starts_on,
            ends_on__gte=placement.ends_on,
            archived_at=None,
        ).first()
        if post.night_shift
        else None
    )
    cover = (
        covers_of(placement.student_id, placement.starts_on, placement.ends_on)
        .filter(policy__kind="liability", policy__starts_on__lte=placement.starts_on)
        .order_by("-policy__ends_on")
        .first()
    )
    board = [str(placement.get_living_display())]
    if post.meals:
        board.append(str(post._meta.get_field("meals").verbose_name))
    known = {
        "post": post.title,
        "site": post.address,
        "hours_day": _plain(post.hours_day),
        "hours_week": _plain(post.hours_week),
        "night_shift": post.night_shift,
        "filing": filing.number if filing else "",
        "pay": _plain(post.pay),
        "board": "、".join(board),
        "school_guide": placement.supervisor.name if placement.supervisor else "",
        "firm_guide": placement.mentor.name if placement.mentor else "",
        "insurance": cover.policy.number if cover else "",
    }
    return {code: value for code, value in known.items() if value not in (None, "")}


def _plain(value: Any) -> str:
    return "" if value is None else f"{value.normalize():f}"
