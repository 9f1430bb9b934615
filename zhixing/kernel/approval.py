"""Approval: who must agree, in which order. Routes are the college's data; a case freezes route and record when submitted."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, models, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from zhixing.kernel import events, notices
from zhixing.kernel.flow import FlowError, step
from zhixing.kernel.models import ApprovalCase, ApprovalRoute, ApprovalStation, Record
from zhixing.kernel.scope import Actor, type_key
from zhixing.kernel.sheet import sheet_for
from zhixing.kernel.values import value_at
from zhixing.kernel.verbs import actor_behind

State = ApprovalStation.State


def unit_of(record: Record) -> int | None:
    """The unit a record belongs to: the first unit path of its scope that leads somewhere."""
    for path in type(record).scope.units:
        value = value_at(record, path)
        if isinstance(value, models.Model):
            return value.pk
        if isinstance(value, int):
            return value
    return None


def route_for(record_type: str, amount: Decimal | None = None, sort: str = "") -> ApprovalRoute | None:
    """The route in force today for this type: one for the very sort before one for all, then the one with the highest
    threshold that the amount reaches. One that is archived, or on which nobody is named yet, is not in use."""
    today = timezone.localdate()
    reached = (
        ApprovalRoute.objects.filter(
            Q(effective_to=None) | Q(effective_to__gte=today),
            archived_at=None,
            record_type=record_type,
            effective_from__lte=today,
            amount_from__lte=amount or 0,
        )
        .exclude(stations=[])
        .order_by("-amount_from", "-effective_from", "-pk")
    )
    own = reached.filter(sorts__contains=[sort]).first() if sort else None
    return own or reached.filter(sorts=[]).first()


def snapshot(record: Record) -> dict[str, Any]:
    """The record's values as the approvers shall see them, whatever happens to it meanwhile; masked data stays out."""
    encoder = DjangoJSONEncoder()
    kept = {}
    for field in record._meta.concrete_fields:
        if getattr(field, "masked", False) or field.name in {"created_at", "updated_at", "archived_at"}:
            continue
        value = getattr(record, field.attname)
        kept[field.name] = (
            value if isinstance(value, (str, int, float, bool, list, dict, type(None))) else encoder.default(value)
        )
    return kept


def submit(
    record: Record, *, by: Actor, step_key: str = "submit", amount: Decimal | None = None, comment: str = ""
) -> ApprovalCase:
    """Send a record on its route. The first station sees it at once; the record waits in its submitted state.

    Raises FlowError when no route is set or the record is already on its way.
    """
    key = type_key(record)
    sheet = sheet_for(key)
    route = route_for(key, amount, record.approval_sort)
    if route is None:
        raise FlowError(
            _("No approval route is in force for this record type. Ask the academic affairs office to set one."),
            code="no_route",
        )
    try:
        with transaction.atomic(), step(record, step_key, by=by, comment=comment, route=route.name) as locked:
            case = ApprovalCase.objects.create(
                record_type=key,
                record_id=locked.pk,
                label=str(locked)[:200],
                url=sheet.url("detail", locked.pk) if sheet else "",
                unit_id=unit_of(locked),
                route_name=route.name,
                snapshot=snapshot(locked),
                submitted_by_id=by.user_id,
            )
            stations = [
                ApprovalStation(
                    case=case,
                    order=i,
                    role=station["role"],
                    unit_id=case.unit_id if station.get("at", "own") == "own" else None,
                    idle_days=station.get("idle_days", 3),
                    escalate_role=station.get("escalate", ""),
                )
                for i, station in enumerate(route.stations, 1)
            ]
            stations[0].state, stations[0].reached_at = State.PENDING, timezone.now()
            ApprovalStation.objects.bulk_create(stations)
    except IntegrityError as error:
        raise FlowError(_("This record is already in approval."), code="open_case") from error
    return case


def inbox(actor: Actor) -> QuerySet[ApprovalStation]:
    """The stations that wait for this actor: by role at the unit, by delegation, or escalated to a role of theirs."""
    condition = Q(delegated_to_id=actor.user_id) if actor.user_id else Q(pk=None)
    for grant in actor.grants:
        here = Q(unit_id=None) | Q(unit_id__in=grant.units)
        condition |= Q(role=grant.role, delegated_to=None) & here
        condition |= Q(escalate_role=grant.role, escalated_at__isnull=False) & here
    return (
        ApprovalStation.objects.filter(condition, state=State.PENDING, case__state=ApprovalCase.State.OPEN)
        .select_related("case__submitted_by__person")
        .order_by("reached_at", "pk")
    )


def _lock(station_pk: int, by: Actor) -> tuple[ApprovalStation, Record]:
    """Lock the case, then look at the station again: of a thousand deciders one gets through."""
    station = ApprovalStation.objects.filter(pk=station_pk).first()
    if station is None:
        raise FlowError(_("This approval no longer exists."), code="gone")
    case = ApprovalCase.objects.select_for_update().get(pk=station.case_id)
    station = ApprovalStation.objects.get(pk=station_pk)
    station.case = case
    if station.state != State.PENDING or case.state != ApprovalCase.State.OPEN:
        raise FlowError(
            _("Already decided: “%(state)s”."), code="decided", params={"state": station.get_state_display()}
        )
    if not inbox(by).filter(pk=station_pk).exists():
        raise FlowError(_("This decision is not yours to take."), code="forbidden")
    sheet = sheet_for(case.record_type)
    record = sheet.model._base_manager.filter(pk=case.record_id).first() if sheet else None
    if record is None:
        raise FlowError(_("The record no longer exists."), code="gone")
    return station, record


def approve(station_pk: int, *, by: Actor, comment: str = "") -> ApprovalCase:
    """Agree. The next station is asked; after the last, the record's own `approve` step is taken."""
    with transaction.atomic():
        station, record = _lock(station_pk, by)
        _close(station, State.APPROVED, by, comment)
        following = station.case.stations.filter(state=State.WAITING).order_by("order").first()
        if following is not None:
            ApprovalStation.objects.filter(pk=following.pk).update(state=State.PENDING, reached_at=timezone.now())
            events.log(record, "station_approved", by=by, comment=comment)
        else:
            _finish(station.case, ApprovalCase.State.APPROVED)
            with step(record, "approve", by=by, comment=comment, approved=True) as locked:
                if hasattr(locked, "on_approved"):
                    locked.on_approved()
    return station.case


def send_back(station_pk: int, *, by: Actor, comment: str) -> ApprovalCase:
    """Return the record to whoever submitted it, with a reason."""
    if not comment.strip():
        raise ValidationError(_("Say why: a reason is required."), code="comment_required")
    with transaction.atomic():
        station, record = _lock(station_pk, by)
        _close(station, State.SENT_BACK, by, comment)
        _finish(station.case, ApprovalCase.State.SENT_BACK)
        with step(record, "send_back", by=by, comment=comment, approved=True):
            pass
    return station.case


def delegate(station_pk: int, *, by: Actor, user_id: int, comment: str) -> None:
    """Hand one decision to a colleague (id of the account), who gets a notice; both are on record, with the reason.

    Raises ValidationError for somebody without an active account, or who may not see the record at all.
    """
    if not comment.strip():
        raise ValidationError(_("Say why: a reason is required."), code="comment_required")
    with transaction.atomic():
        station, record = _lock(station_pk, by)
        to = get_user_model()._default_manager.filter(pk=user_id, is_active=True).first()
        if to is None:
            raise ValidationError(_("There is no such account to delegate to."), code="unknown")
        if to.pk == by.user_id:
            raise ValidationError(_("It is with you already: choose somebody else."), code="self")
        if not actor_behind(to).can_on(record, "view"):
            raise ValidationError(_("They may not see this record: choose somebody else."), code="out_of_reach")
        ApprovalStation.objects.filter(pk=station.pk).update(delegated_to_id=to.pk)
        event = events.log(record, "delegated", by=by, comment=comment, data={"to_user": to.pk})
        text = gettext_noop("%(name)s asks you to decide on “%(record)s”: %(reason)s")
        params = {"name": by.name, "record": station.case.label, "reason": comment}
        notices.send([to.pk], f"delegated:{event.pk}", text, params, url=station.case.url)


def _close(station: ApprovalStation, state: str, by: Actor, comment: str) -> None:
    station.state, station.decided_by_id, station.decided_at, station.comment = (
        state,
        by.user_id,
        timezone.now(),
        comment,
    )
    station.save(update_fields=["state", "decided_by", "decided_at", "comment"])


def _finish(case: ApprovalCase, state: str) -> None:
    case.state, case.closed_at = state, timezone.now()
    case.save(update_fields=["state", "closed_at"])


def escalate_idle(by: Actor) -> int:
    """Put stations that have waited their days before the role above as well, and tell those who hold it; returns how many.

    Safe to run twice: each station goes up once, with one notice to each.
    """
    now, count = timezone.now(), 0
    waiting = ApprovalStation.objects.filter(
        state=State.PENDING, escalated_at=None, reached_at__isnull=False, case__state=ApprovalCase.State.OPEN
    ).exclude(escalate_role="")
    for station in waiting.select_related("case").order_by("pk"):
        assert station.reached_at is not None
        if now - station.reached_at >= timedelta(days=station.idle_days):
            count += _escalate(station, by)
    return count


def _escalate(station: ApprovalStation, by: Actor) -> bool:
    """One station goes up, unless it was decided or went up meanwhile."""
    case, now = station.case, timezone.now()
    with transaction.atomic():
        left = ApprovalStation.objects.filter(pk=station.pk, escalated_at=None, state=State.PENDING)
        if not left.update(escalated_at=now):
            return False
        sheet = sheet_for(case.record_type)
        record = sheet.model._base_manager.filter(pk=case.record_id).first() if sheet else None
        if record is not None:
            events.log(record, "escalated", by=by, data={"to_role": station.escalate_role})
        above = import_string(settings.ZHIXING["role_holders"])(station.escalate_role, station.unit_id)
        text = gettext_noop("“%(record)s” has waited %(days)s days for a decision: you may take it too.")
        params = {"record": case.label, "days": station.idle_days}
        notices.send(above, f"escalated:{station.pk}", text, params, url=case.url)
    return True


# How a station looks on the way.
_MARKS: dict[str, str] = {State.APPROVED: "done", State.PENDING: "now", State.SENT_BACK: "back"}


def panel(record: Record, actor: Actor) -> dict[str, Any] | None:
    """What a record's page shows of its latest approval: the stations, with whom the ball is and since when, and whether it is the reader's."""
    flow = type(record).flow
    if flow is None or not any(item.by_approval for item in flow.steps):
        return None
    stations = list(
        ApprovalStation.objects.filter(case__record_type=type_key(record), case__record_id=record.pk)
        .select_related("case__submitted_by__person", "decided_by__person", "delegated_to__person")
        .order_by("-case_id", "order")
    )
    stations = [station for station in stations if station.case_id == stations[0].case_id]
    if not stations:
        return None
    case = stations[0].case
    steps = [
        {
            "label": _("Submitted"),
            "state": "done",
            "when": case.submitted_at,
            "who": _name(case.submitted_by),
            "comment": "",
        }
    ]
    steps += [
        {
            "label": role_name(station.role),
            "state": _MARKS.get(station.state, "todo"),
            "when": station.decided_at or station.reached_at,
            "who": _name(station.decided_by) or _handed_to(station),
            "comment": station.comment,
        }
        for station in stations
    ]
    pending = (
        next((station for station in stations if station.state == State.PENDING), None)
        if case.state == ApprovalCase.State.OPEN
        else None
    )
    mine = pending is not None and inbox(actor).filter(pk=pending.pk).exists()
    return {
        "steps": steps,
        "badge_html": "",
        "decide_url": reverse("decide", args=[pending.pk]) if pending and mine else "",
        "delegate_url": reverse("delegate", args=[pending.pk]) if pending and mine else "",
    }


def _handed_to(station: ApprovalStation) -> str:
    if station.state != State.PENDING or station.delegated_to is None:
        return ""
    return _("delegated to %(name)s") % {"name": _name(station.delegated_to)}


def _name(user: Any) -> str:
    return user.get_full_name() if user else ""


def role_name(role: str) -> str:
    """A role in words; the installation says how its roles are called."""
    return str(import_string(settings.ZHIXING["role_name"])(role))
