"""What may be done with partners' records: each function is the one way, for button, bulk, API and command alike.

All take the record, `by` (the actor), `comment` (the reason) and what else the act asks for; all raise ValidationError
in words when refused, with nothing changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhixing.kernel import events
from zhixing.kernel.flow import FlowError, step
from zhixing.kernel.models import Record
from zhixing.kernel.scope import Actor
from zhixing.kernel.writing import readable
from zhixing.org.models import Major, Person, Unit
from zhixing.partners import merging
from zhixing.partners.models import (
    Activity,
    GovernmentPolicy,
    IndustryLink,
    Need,
    Opportunity,
    Organisation,
    OrganisationName,
)

_R = TypeVar("_R", bound=Record)


@contextmanager
def _changing(record: _R, verb: str, *, by: Actor, comment: str = "", **data: Any) -> Iterator[_R]:
    """A change that is no step of a flow: the same lock, permission, check and event as a step has."""
    model = type(record)
    with transaction.atomic():
        locked = model._base_manager.select_for_update(of=("self",)).filter(pk=record.pk).first()
        if locked is None:
            raise FlowError(_("This record no longer exists."), code="gone")
        if not by.can_on(locked, "change"):
            raise FlowError(_("You may not change this record."), code="forbidden")
        yield locked  # type: ignore[misc]
        locked.full_clean(validate_unique=False)
        locked.save()
        events.log(locked, verb, by=by, comment=comment, data=data)
    for field in model._meta.concrete_fields:
        setattr(record, field.attname, getattr(locked, field.attname))


def _say_why(comment: str) -> None:
    if not comment.strip():
        raise FlowError(_("Say why: a reason is required."), code="comment_required")


def _not_banned(organisation: Organisation) -> None:
    if organisation.status == Organisation.Status.BANNED:
        raise FlowError(
            _("“%(organisation)s” is banned: %(reason)s"),
            code="banned",
            params={"organisation": organisation, "reason": organisation.status_reason},
        )


# Organisations ----------------------------------------------------------------------------------------------------


def activate(organisation: Organisation, *, by: Actor, comment: str = "") -> None:
    """Cooperation with this partner is running."""
    with step(organisation, "activate", by=by, comment=comment) as row:
        row.status_reason = ""


def rest(organisation: Organisation, *, by: Actor, comment: str) -> None:
    """Nothing runs with this partner at present; the reason stays visible."""
    with step(organisation, "rest", by=by, comment=comment) as row:
        row.status_reason = comment


def ban(organisation: Organisation, *, by: Actor, comment: str) -> None:
    """No new cooperation with this partner, until the ban is lifted. Its links stop counting at once (R01)."""
    with step(organisation, "ban", by=by, comment=comment) as row:
        row.status_reason = comment


def lift_ban(organisation: Organisation, *, by: Actor, comment: str) -> None:
    """The partner may be worked with again; it starts dormant."""
    with step(organisation, "lift_ban", by=by, comment=comment) as row:
        row.status_reason = ""


def rename(organisation: Organisation, *, by: Actor, name: str, on: date | None = None, comment: str = "") -> None:
    """Give the organisation its new name from a day on; the old one stays findable with the day on which it ended."""
    day = on or timezone.localdate()
    if name == organisation.name:
        raise FlowError(_("This is already its name."), code="same_name")
    with _changing(organisation, "rename", by=by, comment=comment, old=organisation.name, new=name, on=str(day)) as row:
        last = row.names.filter(ends_on__isnull=False, ends_on__lt=day).order_by("-ends_on").first()
        starts = last.ends_on + timedelta(days=1) if last and last.ends_on else row.founded_on
        ends = day - timedelta(days=1)
        former, is_new = OrganisationName.objects.get_or_create(
            organisation=row,
            name=row.name,
            defaults={"starts_on": starts if starts and starts <= ends else None, "ends_on": ends},
        )
        if not is_new:
            # The name was borne before and left, and is now left again.
            former.ends_on = ends
            former.save()
        row.name = name


def merge(organisation: Organisation, *, by: Actor, into: Organisation, comment: str = "") -> None:
    """See `merging.merge`."""
    merging.merge(organisation, by=by, into=into, comment=comment)


def absorb(organisation: Organisation, *, by: Actor, other: Organisation, comment: str = "") -> None:
    """The same from the other side: `other` becomes part of this organisation."""
    merging.merge(other, by=by, into=organisation, comment=comment)
    organisation.refresh_from_db()


def undo_merge(organisation: Organisation, *, by: Actor, comment: str = "") -> None:
    """Revive a merged organisation with all that was its own."""
    merging.undo_merge(merging.last_merge(organisation), by=by, comment=comment)
    organisation.refresh_from_db()


# Industry links ---------------------------------------------------------------------------------------------------


def submit_link(link: IndustryLink, *, by: Actor, comment: str = "") -> None:
    """Send a drafted link on the approval route of its college (四（一）2)."""
    from zhixing.kernel.approval import submit

    _not_banned(link.organisation)
    submit(link, by=by, comment=comment)


def end_link(link: IndustryLink, *, by: Actor, ends_on: date, comment: str) -> None:
    """The contact ends, or ended, on a day, for a reason."""
    _say_why(comment)
    with _changing(link, "end", by=by, comment=comment, ends_on=str(ends_on)) as row:
        row.ends_on = ends_on


def renew_link(
    link: IndustryLink,
    *,
    by: Actor,
    ends_on: date | None,
    starts_on: date | None = None,
    role: str = "",
    comment: str = "",
) -> IndustryLink:
    """A further term with the same organisation: a new link, by default from the day after this one ends."""
    _not_banned(link.organisation)
    if link.ends_on is None and starts_on is None:
        raise FlowError(_("This link has no end yet, so it needs no renewal."), code="no_end")
    first = starts_on or link.ends_on + timedelta(days=1)  # type: ignore[operator]
    following = IndustryLink(
        group_id=link.group_id,
        organisation_id=link.organisation_id,
        role=role or link.role,
        starts_on=first,
        ends_on=ends_on,
    )
    try:
        with transaction.atomic(), _changing(link, "renew", by=by, comment=comment, starts_on=str(first)):
            following.full_clean()
            following.save()
            events.log(following, "created", by=by, comment=comment, data={"renews": link.pk})
    except IntegrityError as error:
        raise readable(IndustryLink, error) from error
    return following


# Activities -------------------------------------------------------------------------------------------------------


def hold(
    activity: Activity,
    *,
    by: Actor,
    minutes: str = "",
    outcomes: str = "",
    follow_up: str = "",
    follow_up_owner: Person | None = None,
    follow_up_due: date | None = None,
    comment: str = "",
) -> None:
    """It took place. Minutes, outcomes or a file make it count (R02); a follow-up needs an owner and a date."""
    if activity.held_on > timezone.localdate():
        raise FlowError(
            _("The activity is planned for %(day)s and cannot have been held yet."),
            code="not_yet",
            params={"day": activity.held_on},
        )
    with step(activity, "hold", by=by, comment=comment) as row:
        row.minutes = minutes or row.minutes
        row.outcomes = outcomes or row.outcomes
        if follow_up:
            row.follow_up, row.follow_up_owner, row.follow_up_due = follow_up, follow_up_owner, follow_up_due


def finish_follow_up(activity: Activity, *, by: Actor, done_on: date | None = None, comment: str = "") -> None:
    """What was promised at the activity has been done."""
    if not activity.follow_up:
        raise FlowError(_("This activity has no follow-up."), code="no_follow_up")
    with _changing(activity, "finish_follow_up", by=by, comment=comment) as row:
        row.follow_up_done_on = done_on or timezone.localdate()


# Opportunities ----------------------------------------------------------------------------------------------------


def _advance(opportunity: Opportunity, key: str, *, by: Actor, comment: str, **gate: str) -> None:
    """Through a gate: what the next stage asks for goes on record, and the days in it count from today."""
    if key != "close":
        _not_banned(opportunity.organisation)
    with step(opportunity, key, by=by, comment=comment) as row:
        for name, value in gate.items():
            setattr(row, name, value or getattr(row, name))
        row.stage_since = timezone.localdate()


def implement(opportunity: Opportunity, *, by: Actor, intent: str = "", comment: str = "") -> None:
    """洽谈 → 实施: both sides agreed on what they want."""
    _advance(opportunity, "implement", by=by, comment=comment, intent=intent)


def supervise(opportunity: Opportunity, *, by: Actor, agreement_number: str = "", comment: str = "") -> None:
    """实施 → 监管: an agreement is signed and its running is watched."""
    _advance(opportunity, "supervise", by=by, comment=comment, agreement_number=agreement_number)


def follow(opportunity: Opportunity, *, by: Actor, supervision: str = "", comment: str = "") -> None:
    """监管 → 跟踪: the supervision has its findings; what came of it is followed."""
    _advance(opportunity, "follow", by=by, comment=comment, supervision=supervision)


def close_opportunity(opportunity: Opportunity, *, by: Actor, comment: str) -> None:
    """The cooperation is over, or came to nothing; the reason says which."""
    _advance(opportunity, "close", by=by, comment=comment)


# Needs ------------------------------------------------------------------------------------------------------------


def claim(
    need: Need,
    *,
    by: Actor,
    person: Person | None = None,
    unit: Unit | None = None,
    majors: Collection[Major] = (),
    comment: str = "",
) -> None:
    """Somebody of the college takes a need on: by default the one who acts, for their own unit."""
    owner = person or Person.objects.filter(pk=by.person_id).first()
    if owner is None:
        raise FlowError(_("Say who takes this need on."), code="nobody")
    with step(need, "claim", by=by, comment=comment, person=owner.pk) as row:
        row.claimed_by = owner
        row.claimed_unit = unit or owner.unit
        row.majors.add(*majors)


def release(need: Need, *, by: Actor, comment: str) -> None:
    """Whoever claimed the need gives it back; it is open to all again."""
    with step(need, "release", by=by, comment=comment) as row:
        row.claimed_by = row.claimed_unit = None


def meet(need: Need, *, by: Actor, result: str = "", comment: str = "") -> None:
    """The partner got what it needed."""
    with step(need, "meet", by=by, comment=comment) as row:
        row.result = result or row.result
        if not row.result.strip():
            raise FlowError(_("Say what the partner got."), code="no_result")


def close_need(need: Need, *, by: Actor, comment: str) -> None:
    """The need is no more, or cannot be met; the reason is told to the partner."""
    with step(need, "close", by=by, comment=comment) as row:
        row.result = row.result or comment


# Government policies ----------------------------------------------------------------------------------------------


def _decide(policy: GovernmentPolicy, key: str, *, by: Actor, decided_on: date | None, comment: str) -> None:
    day = decided_on or timezone.localdate()
    if day > timezone.localdate():
        raise FlowError(_("A decision cannot be dated in the future."), code="future")
    with step(policy, key, by=by, comment=comment, decided_on=str(day)) as row:
        row.decided_on = day
        row.decision_reason = comment


def apply_policy(policy: GovernmentPolicy, *, by: Actor, decided_on: date | None = None, comment: str = "") -> None:
    """The college applies for what the policy offers (四（一）1, R28)."""
    _decide(policy, "apply", by=by, decided_on=decided_on, comment=comment)


def ignore_policy(policy: GovernmentPolicy, *, by: Actor, comment: str, decided_on: date | None = None) -> None:
    """The college does not apply, and says why."""
    _decide(policy, "ignore", by=by, decided_on=decided_on, comment=comment)


def reopen_policy(policy: GovernmentPolicy, *, by: Actor, comment: str) -> None:
    """The decision is taken back; the policy waits for one again."""
    with step(policy, "reopen", by=by, comment=comment) as row:
        row.decided_on, row.decision_reason = None, ""
