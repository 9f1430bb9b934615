"""What people do with the policy: change a number, excuse a unit, take note, remind.

Buttons, bulk actions and commands call these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from zhixing.kernel import approval, events, notices
from zhixing.kernel.flow import step
from zhixing.kernel.scope import Actor
from zhixing.org.models import Unit
from zhixing.policy.models import Acknowledgement, Policy, Rule, RuleVersion, Standing, State, Waiver, YearClose

# One whole sentence for each state, so that every reader gets it in their own language.
REMINDERS = {
    State.ON_TRACK: gettext_noop("%(rule)s, %(unit)s, %(period)s: still to be done by %(due)s."),
    State.AT_RISK: gettext_noop("%(rule)s, %(unit)s, %(period)s: at risk; act by %(due)s."),
    State.UNMET: gettext_noop("%(rule)s, %(unit)s, %(period)s: not met; put it right by %(due)s."),
}
REMINDERS_WITHOUT_DAY = {
    State.ON_TRACK: gettext_noop("%(rule)s, %(unit)s, %(period)s: still to be done."),
    State.AT_RISK: gettext_noop("%(rule)s, %(unit)s, %(period)s: at risk; act now."),
    State.UNMET: gettext_noop("%(rule)s, %(unit)s, %(period)s: not met; put it right now."),
}


# A number ---------------------------------------------------------------------------------------------------------


def closed_until() -> date | None:
    """The last day of the last closed academic year: nothing before it may change."""
    return (
        YearClose.objects.filter(closed_at__isnull=False).order_by("-ends_on").values_list("ends_on", flat=True).first()
    )


def check_start(rule: Rule, starts_on: date) -> None:
    """Refuse a version that would begin in a closed year or before its policy."""
    closed = closed_until()
    if closed and starts_on <= closed:
        raise ValidationError(
            _("The academic years up to %(day)s are closed; choose a later day."),
            code="closed_year",
            params={"day": closed},
        )
    if starts_on < rule.policy.starts_on:
        raise ValidationError(
            _("The policy itself is in force only from %(day)s."),
            code="before_policy",
            params={"day": rule.policy.starts_on},
        )


def propose_version(rule: Rule, *, by: Actor, starts_on: date, reason: str, numbers: Mapping[str, Any]) -> RuleVersion:
    """Write a new version of a rule's numbers from a day on and send it for approval; until then nothing changes.

    `numbers`: target, full_mark, parameters, warn, weight; what is left out stays as in the version before.
    Raises ValidationError in words, or FlowError when no route of approval is set.
    """
    if not by.can(Rule, "approve"):
        raise PermissionDenied(_("You may not change this record."))
    check_start(rule, starts_on)
    if not reason.strip():
        raise ValidationError(_("Say why: a reason is required."), code="comment_required")
    before = version_on(rule, starts_on)
    if before is None:
        raise ValidationError(_("No version of this rule leads up to that day."), code="no_version")
    with transaction.atomic():
        version = RuleVersion(rule=rule, starts_on=starts_on, reason=reason, source=RuleVersion.Source.EDIT)
        for name in ("target", "full_mark", "parameters", "warn", "weight"):
            setattr(version, name, numbers.get(name, getattr(before, name)))
        if version.full_mark is not None and not version.goal.met_by(float(version.full_mark)):
            raise ValidationError(_("What earns full marks would not even meet the target."), code="full_mark")
        version.save()
        events.log(version, "created", by=by, comment=reason)
        approval.submit(version, by=by, comment=reason)
    return version


def submit_version(version: RuleVersion, *, by: Actor, comment: str = "") -> None:
    """Send a version that was returned on its way again."""
    check_start(version.rule, version.starts_on)
    approval.submit(version, by=by, comment=comment)


def version_on(rule: Rule, day: date) -> RuleVersion | None:
    """The approved version of a rule in force on a day, else the one before or after it that is nearest."""
    versions = list(rule.versions.filter(status=RuleVersion.Status.APPROVED, archived_at=None).order_by("starts_on"))
    return next((v for v in reversed(versions) if v.starts_on <= day), versions[0] if versions else None)


def put_in_force(version: RuleVersion) -> None:
    """Make room for an approved version: the one before ends the day ahead, one from the same day is replaced.

    Runs inside the approval's transaction, before the version itself is saved as approved.
    """
    check_start(version.rule, version.starts_on)
    others = version.rule.versions.filter(status=RuleVersion.Status.APPROVED, archived_at=None).exclude(pk=version.pk)
    for other in others.order_by("starts_on"):
        if other.starts_on == version.starts_on:
            version.ends_on = other.ends_on
            other.status = RuleVersion.Status.REPLACED
            other.save()
        elif other.starts_on < version.starts_on and (other.ends_on is None or other.ends_on >= version.starts_on):
            version.ends_on = other.ends_on
            other.ends_on = version.starts_on - timedelta(days=1)
            other.save()
        elif other.starts_on > version.starts_on:
            later = other.starts_on - timedelta(days=1)
            version.ends_on = later if version.ends_on is None else min(version.ends_on, later)


# Waivers ----------------------------------------------------------------------------------------------------------


def request_waiver(standing: Standing, *, by: Actor, reason: str, ends_on: date) -> Waiver:
    """Ask that the unit of a standing be excused from its rule until a day."""
    if not by.can(Waiver, "add"):
        raise PermissionDenied(_("You may not change this record."))
    today = timezone.localdate()
    whole = standing.is_roll_up or standing.unit_scope in {"school", "college"}
    waiver = Waiver(
        rule=standing.rule,
        unit_id=standing.unit_id,
        unit_key=None if whole else standing.unit_key,
        unit_name="" if whole else standing.unit_name,
        reason=reason.strip(),
        starts_on=today,
        ends_on=ends_on,
        requester_id=by.person_id,
    )
    with transaction.atomic():
        waiver.full_clean(exclude=["unit_name"])
        waiver.save()
        if not by.can_on(waiver, "add"):
            raise PermissionDenied(
                _("This record would belong to a unit outside your reach. Choose a unit or owner of your own.")
            )
        events.log(waiver, "created", by=by, comment=reason)
    return waiver


def _decide(key: str) -> Any:
    def run(waiver: Waiver, *, by: Actor, comment: str = "") -> None:
        with step(waiver, key, by=by, comment=comment) as locked:
            locked.approver_id = by.person_id
            locked.decided_on = timezone.localdate()

    return run


approve_waiver, reject_waiver, revoke_waiver = _decide("approve"), _decide("reject"), _decide("revoke")


# Taking note ------------------------------------------------------------------------------------------------------


def acknowledge(policy: Policy, unit: Unit, *, by: Actor) -> Acknowledgement:
    """Record that a unit has taken note of a policy; a second time changes nothing."""
    if not (by.person_id and by.can(Acknowledgement, "add")):
        raise PermissionDenied(_("You may not acknowledge for a unit."))
    with transaction.atomic():
        found, new = Acknowledgement.objects.get_or_create(
            policy=policy, unit=unit, defaults={"person_id": by.person_id, "acknowledged_on": timezone.localdate()}
        )
        if new:
            if not by.can_on(found, "add"):
                raise PermissionDenied(_("You may not acknowledge for this unit."))
            events.log(found, "acknowledged", by=by)
    return found


# Reminders --------------------------------------------------------------------------------------------------------

# What there is to remind of: a lack, or something met that will not stay so.
_OPEN = (State.ON_TRACK, State.AT_RISK, State.UNMET)


def reminder_of(standing: Standing) -> tuple[str, dict[str, Any]]:
    """The words of a reminder, readable in both languages, and their parameters."""
    due, state = standing.due or standing.breaks_on, State(standing.state)
    params = {"rule": standing.rule.code, "unit": standing.unit_name, "period": standing.period_code}
    if due is None:
        return REMINDERS_WITHOUT_DAY[state], params
    return REMINDERS[state], {**params, "due": due.isoformat()}


def remind(standings: Iterable[Standing], *, by: Actor) -> int:
    """Remind the holder of each standing today; returns how many notices are new.

    A holder is reminded of one standing once a day, whoever presses the button how often. One event a standing.
    """
    if not by.can(Standing, "approve"):
        raise PermissionDenied(_("You may not send reminders."))
    today = timezone.localdate()
    chosen = [s for s in standings if s.holder_id and s.state in _OPEN and s.frozen_at is None]
    sent, told = 0, []
    with transaction.atomic():
        for standing in chosen:
            new = notify(standing, f"standing:{standing.pk}:asked:{today}")
            sent += new
            if new:
                told.append(standing)
        events.log_many(told, "reminded", by=by)
    return sent


def notify(standing: Standing, key: str) -> int:
    """One notice to the holder of a standing, once for each key."""
    text, params = reminder_of(standing)
    assert standing.holder_id is not None
    return notices.send_to_people([standing.holder_id], key, text, params, url=standing_url(standing.pk))


def standing_url(pk: int) -> str:
    return reverse("detail", kwargs={"domain": "policy", "name": "standing", "pk": pk})


def remind_one(standing: Standing, *, by: Actor, comment: str = "") -> None:
    """The button on one standing, and the bulk action over many."""
    remind([standing], by=by)
