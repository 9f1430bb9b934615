"""Handing in a week (周记): two statements of SQL from the phone to the register, and once however often it is sent."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from zhixing.kernel.scope import Actor, type_key
from zhixing.kernel.typed import day, whole
from zhixing.org.calendar import monday_of
from zhixing.practice import presence, running_numbers, workplace
from zhixing.practice.placements import Placement
from zhixing.practice.running import WeekEntry

OWN = "practice.own_week"
_A_YEAR = timedelta(days=366)

_OWN = """
SELECT p.id, p.post_id, p.starts_on, coalesce(p.ended_on, p.ends_on), s.name,
    (SELECT r.value FROM practice_runrule r WHERE r.code = 'late_weeks' AND r.archived_at IS NULL
        AND r.effective_from <= %(today)s AND coalesce(r.effective_to, %(today)s) >= %(today)s)
FROM practice_placement p
JOIN org_student s ON s.id = p.student_id
WHERE p.id = %(placement)s AND s.person_id = %(person)s AND p.status IN ('running', 'ended') AND p.archived_at IS NULL
"""

# The entry, the code's signal, the rounded location and the event, all or nothing, in one statement.
_HAND_IN = """
WITH kept AS (
    INSERT INTO practice_weekentry AS w
        (created_at, updated_at, placement_id, monday, hours, mood, text, client_id, written_at, comment, status)
    VALUES (now(), now(), %(placement)s, %(monday)s, %(hours)s, %(mood)s, %(text)s, %(client)s, %(written)s, '', 'handed')
    ON CONFLICT (placement_id, monday) DO UPDATE
        SET hours = EXCLUDED.hours, mood = EXCLUDED.mood, text = EXCLUDED.text, client_id = EXCLUDED.client_id,
            written_at = EXCLUDED.written_at, updated_at = now()
        WHERE w.client_id IS DISTINCT FROM EXCLUDED.client_id AND w.status = 'handed' AND w.written_at < EXCLUDED.written_at
    RETURNING w.id, (w.xmax = 0) AS fresh
), signs AS (
    INSERT INTO practice_presencesignal
        (created_at, updated_at, placement_id, kind, day, confirms, device, content, longitude, latitude, note, paper_state)
    SELECT now(), now(), %(placement)s, kind, %(day)s, true, %(device)s, '', lon, lat, '', ''
    FROM (VALUES ('code', %(code)s::boolean, NULL::numeric, NULL::numeric),
                 ('place', %(lon)s::numeric IS NOT NULL, %(lon)s::numeric, %(lat)s::numeric)) AS sign(kind, counts, lon, lat)
    WHERE counts
    ON CONFLICT (placement_id, kind, day) DO NOTHING
), logged AS (
    INSERT INTO kernel_event (record_type, record_id, label, verb, actor_id, actor_name, comment, data, at)
    SELECT %(type)s, id, %(label)s, CASE WHEN fresh THEN 'created' ELSE 'changed' END, %(user)s, %(name)s, '', '{}', now()
    FROM kept
)
SELECT id, fresh FROM kept
"""


@dataclass(frozen=True)
class Week:
    """A week as a phone sends it."""

    placement: int
    monday: date
    hours: Decimal
    mood: int
    text: str
    client_id: uuid.UUID
    written_at: datetime
    code: str = ""
    device: str = ""
    longitude: Decimal | None = None
    latitude: Decimal | None = None


@dataclass(frozen=True)
class Handed:
    """What became of it: `fresh` is false where it was there already; `code` is None without one, else whether it was right."""

    entry: int
    fresh: bool
    code: bool | None


def _point(given: Any, limit: int) -> Decimal | None:
    """A coordinate rounded to a hundredth of a degree before it goes anywhere."""
    try:
        value = round(Decimal(str(given)), 2)
        return value if abs(value) <= limit else None
    except (InvalidOperation, ValueError):
        return None


def _hours(given: Any) -> Decimal | None:
    """Hours with one decimal; None for what is no number."""
    value = Decimal(str(given))
    return value.quantize(Decimal("0.1")) if value.is_finite() else None


def _written(given: Any, now: datetime) -> datetime:
    """When a week was written: by the phone's clock where that tells a moment of the last weeks, else now."""
    try:
        said = parse_datetime(str(given or ""))
    except ValueError:
        said = None
    if said is None:
        return now
    if timezone.is_naive(said):
        said = timezone.make_aware(said)
    # A clock that stands in another year says nothing, and the first year of all has no other zone.
    return said if now - _A_YEAR <= said <= now else now


def read(given: dict[str, Any], now: datetime) -> Week:
    """A week from what a phone or a form says; ValidationError names each field that is wrong."""
    faults: dict[str, Any] = {}

    def take(name: str, make: Any, words: Any) -> Any:
        try:
            value = make(given.get(name))
        except (ValueError, TypeError, ArithmeticError, AttributeError):
            value = None
        if value is None:
            faults[name] = words
        return value

    placement = take("placement", whole, _("Say which placement it is."))
    monday = take("monday", day, _("Say which week it is."))
    hours = take("hours", _hours, _("Enter the hours."))
    mood = take("mood", whole, _("Say how it was."))
    client = take("client_id", lambda value: uuid.UUID(str(value)), _("The sender's own number is missing."))
    written = _written(given.get("written_at"), now)
    if hours is not None and not 0 <= hours <= 168:
        faults["hours"] = _("A week has 168 hours.")
    if mood is not None and mood not in WeekEntry.Mood.values:
        faults["mood"] = _("Say how it was.")
    if monday is not None:
        this = monday_of(timezone.localtime(now).date())
        if monday.weekday():
            faults["monday"] = _("A week is named by its Monday.")
        elif monday > this:
            faults["monday"] = _("This week has not begun.")
    # A text of the database holds no zero bytes.
    text = str(given.get("text") or "").replace("\0", "").strip()
    if len(text) > 2000:
        faults["text"] = _("No more than 2,000 characters, please.")
    if faults:
        raise ValidationError(faults)
    longitude, latitude = _point(given.get("longitude"), 180), _point(given.get("latitude"), 90)
    located = longitude is not None and latitude is not None
    return Week(
        placement=placement,
        monday=monday,
        hours=hours,
        mood=mood,
        text=text,
        client_id=client,
        written_at=written,
        code=str(given.get("code") or "")[:20],
        device=str(given.get("device") or "")[:100],
        longitude=longitude if located else None,
        latitude=latitude if located else None,
    )


def hand_in(week: Week, *, by: Actor) -> Handed:
    """Keep a student's week, once. A newer version of an unread week takes the older one's place.

    Raises PermissionDenied for whoever is no student, ValidationError when the placement is not theirs or not running.
    """
    if not by.can(OWN, "add") or by.person_id is None:
        raise PermissionDenied(_("This page is for students."))
    with transaction.atomic(), connection.cursor() as cursor:
        today = timezone.localdate()
        cursor.execute(_OWN, {"placement": week.placement, "person": by.person_id, "today": today})
        found = cursor.fetchone()
        if found is None:
            raise ValidationError({"placement": _("This is no running placement of yours.")})
        _pk, post, starts_on, ends_on, name, late = found
        # A week can be handed in late, once there is a network again; older ones are told to the supervisor.
        back = int(running_numbers.shipped_on("late_weeks") if late is None else late)
        oldest = monday_of(today) - timedelta(weeks=back)
        if week.monday < oldest:
            said = _("Only this week and the %(weeks)s before it can be handed in.") % {"weeks": back}
            raise ValidationError({"monday": said})
        if not starts_on - timedelta(days=6) <= week.monday <= ends_on:
            raise ValidationError({"monday": _("This week lies outside the placement.")})
        code = workplace.fits(post, week.code, week.written_at, week.placement, oldest) if week.code else None
        written_on = timezone.localtime(week.written_at).date()
        values = {
            "placement": week.placement,
            "monday": week.monday,
            "hours": week.hours,
            "mood": week.mood,
            "text": week.text,
            "client": week.client_id,
            "written": week.written_at,
            "code": bool(code),
            "day": written_on,
            "device": presence.digest_of_device(week.device),
            "lon": week.longitude,
            "lat": week.latitude,
            "type": type_key(WeekEntry),
            "label": f"{name} · {week.monday}"[:200],
            "user": by.user_id,
            "name": by.name,
        }
        try:
            cursor.execute(_HAND_IN, values)
        except IntegrityError as error:
            raise ValidationError({"client_id": _("This number already belongs to another week.")}) from error
        kept = cursor.fetchone()
    if kept is not None:
        return Handed(kept[0], kept[1], code)
    return _there_already(week, code)


def _there_already(week: Week, code: bool | None) -> Handed:
    entry = WeekEntry.objects.get(placement=week.placement, monday=week.monday)
    if entry.client_id != week.client_id and entry.status != WeekEntry.Status.HANDED:
        raise ValidationError({"monday": _("Your supervisor has already read this week.")})
    return Handed(entry.pk, False, code)


def placement_of(actor: Actor) -> Placement | None:
    """The actor's own placement that runs, the latest first; None for whoever has none."""
    if not actor.can(OWN, "view") or actor.person_id is None:
        raise PermissionDenied(_("This page is for students."))
    rows = Placement.objects.filter(
        student__person=actor.person_id, status__in=("running", "ended"), archived_at=None
    ).select_related("student", "post__organisation", "supervisor", "mentor")
    # What runs stands before what has ended.
    return rows.order_by("-status", "-starts_on", "-pk").first()


def state_of(placement: Placement | None) -> dict[str, Any]:
    """What a phone keeps to show the page without a network: where, until when, the last weeks."""
    if placement is None:
        return {"placement": None, "weeks": []}
    weeks = WeekEntry.objects.filter(placement=placement, archived_at=None).order_by("-monday")[:6]
    return {
        "placement": {
            "id": placement.pk,
            "firm": placement.post.organisation.name,
            "post": placement.post.title,
            "starts_on": placement.starts_on,
            "ends_on": placement.ended_on or placement.ends_on,
            "supervisor": placement.supervisor.name if placement.supervisor else "",
        },
        "monday": monday_of(timezone.localdate()),
        "weeks": [
            {
                "monday": row.monday,
                "hours": row.hours,
                "mood": row.mood,
                "text": row.text,
                "status": row.status,
                "comment": row.comment,
            }
            for row in weeks
        ],
    }
