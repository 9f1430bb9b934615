"""The calendar of rooms, and a room booked week by week. All that a page shows stands in its address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from zhixing.bases.actions import visible
from zhixing.bases.forms import WeeklyForm
from zhixing.bases.models import LAST_PERIOD, Base, Booking, Room
from zhixing.bases.series import Weekly, book_weekly, occasions
from zhixing.bases.views import Filter, crumbs_of, record_or_404
from zhixing.kernel.forms import candidates
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.kernel.typed import whole
from zhixing.org.calendar import monday_of


class CalendarFilter(Filter):
    base = forms.ModelChoiceField(Base.objects.none(), label=gettext_lazy("base"), required=False, empty_label=None)
    room = forms.ModelChoiceField(Room.objects.none(), label=gettext_lazy("Room"), required=False, empty_label=None)
    week = forms.DateField(
        label=pgettext_lazy("of a calendar", "week of"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    def prepare(self) -> None:
        with_rooms = Room.objects.filter(archived_at=None).values("base")
        bases = candidates(Base, self.actor).filter(pk__in=with_rooms, status=Base.Status.IN_USE)
        self.choose("base", bases)
        chosen = whole(self.data.get("base"))
        if not chosen:
            first = bases.order_by("code").first()
            chosen = first.pk if first else 0
        self.choose("room", candidates(Room, self.actor).filter(base=chosen))


@require_GET
def calendar_page(request: HttpRequest) -> HttpResponse:
    """A room's week, lesson by lesson: who has it, and where it is free; a free lesson is booked with one click (D-39)."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not (actor.can(Room) and actor.can(Booking)):
        raise PermissionDenied(_("Your role does not include this."))
    form = CalendarFilter(request.GET, actor=actor)
    said: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    rooms = form.fields["room"].queryset  # type: ignore[attr-defined]
    room = said.get("room") or rooms.select_related("base").first()
    today = timezone.localdate()
    day = said.get("week") or today
    monday = monday_of(day)
    form.initial = {"base": room.base_id if room else None, "room": room.pk if room else None, "week": monday}
    shown = CalendarFilter(
        {"base": room.base_id, "room": room.pk, "week": monday.isoformat()} if room else None, actor=actor
    )
    days = [monday + timedelta(days=n) for n in range(7)]
    base_url = f"{request.path}?{urlencode({'base': room.base_id, 'room': room.pk})}" if room else request.path
    booked = list(_booked(room, days, actor)) if room else []
    context = {
        "form": shown,
        "room": room,
        "days": [{"day": each, "today": each == today} for each in days],
        "lessons": _lessons(room, days, booked, actor) if room else [],
        "before_url": f"{base_url}&week={(monday - timedelta(days=7)).isoformat()}",
        "after_url": f"{base_url}&week={(monday + timedelta(days=7)).isoformat()}",
        "now_url": base_url,
        "weekly_url": reverse("book-weekly", args=[room.pk]) if room and actor.can(Booking, "add") else "",
        "share": _share(booked),
        "crumbs": crumbs_of(Booking, _("Calendar of rooms")),
    }
    return render(request, "bases/calendar.html", context)


def _lessons(room: Room, days: list[date], booked: Sequence[Booking], actor: Actor) -> list[dict[str, Any]]:
    """The week lesson by lesson: each day a booking that begins here with its length, nothing below it, or a free place."""
    begins: dict[tuple[date, int], Booking] = {}
    taken: set[tuple[date, int]] = set()
    for held in booked:
        begins[held.day, held.first_period] = held
        taken |= {(held.day, n) for n in range(held.first_period, held.last_period + 1)}
    sheet, room_sheet = sheet_for(Booking), sheet_for(Room)
    today = timezone.localdate()
    may_book = actor.can(Booking, "add") and room.base.status == Base.Status.IN_USE
    rows = []
    for lesson in range(1, LAST_PERIOD + 1):
        cells = []
        for day in days:
            booking = begins.get((day, lesson))
            if booking is not None:
                length = booking.last_period - booking.first_period + 1
                url = sheet.url("detail", booking.pk) if sheet else ""
                cells.append({"booking": booking, "length": length, "url": url, "day": day})
            elif (day, lesson) not in taken:
                url = ""
                if may_book and day >= today and room_sheet:
                    last = lesson + 1 if lesson < LAST_PERIOD and (day, lesson + 1) not in taken else lesson
                    proposed = {"day": day.isoformat(), "first_period": lesson, "last_period": last}
                    url = f"{room_sheet.url('act', room.pk, key='book')}?{urlencode(proposed)}"
                cells.append({"booking": None, "url": url, "day": day})
        rows.append({"lesson": lesson, "cells": cells})
    return rows


def _booked(room: Room, days: list[date], actor: Actor) -> QuerySet[Booking]:
    """The bookings of a room in some days that the actor may see."""
    rows = Booking.objects.filter(
        room=room, day__range=(days[0], days[-1]), status=Booking.Status.BOOKED, archived_at=None
    )
    return rows.visible_to(actor).select_related("major", "cohort", "booked_by")


def _share(rows: Sequence[Booking]) -> list[dict[str, Any]]:
    """The lessons of the week by major: how far majors share the room."""
    found: dict[str, int] = {}
    for booking in rows:
        name = booking.major.name if booking.major else str(_("others"))
        found[name] = found.get(name, 0) + booking.last_period - booking.first_period + 1
    return [{"name": name, "lessons": number} for name, number in sorted(found.items(), key=lambda one: -one[1])]


# Week by week -----------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def weekly_page(request: HttpRequest, pk: int) -> HttpResponse:
    """每周预约: say the weekday and the weeks, look which days are free and who has the others, then book those that are."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.can(Booking, "add"):
        raise PermissionDenied(_("Your role does not include this."))
    room = record_or_404(Room, actor, pk)
    asked = request.POST if request.method == "POST" else None
    form = WeeklyForm(asked, record=room, actor=actor, initial=_proposed(request))
    context: dict[str, Any] = {
        "form": form,
        "room": room,
        "crumbs": crumbs_of(Booking, _("Book it every week")),
        "calendar_url": f"{reverse('booking-calendar')}?{urlencode({'base': room.base_id, 'room': room.pk})}",
    }
    if asked is not None and form.is_valid():
        said = form.cleaned_data
        if asked.get("do") == "book":
            try:
                made = book_weekly(room, by=actor, **said)
                messages.success(request, _("The room is booked week by week."))
                return redirect(made)
            except ValidationError as refused:
                form.add_error(None, refused.messages[:1])
        context |= _looked_at(said, room, actor)
    return render(request, "bases/weekly.html", context, status=422 if form.is_bound and form.errors else 200)


def _proposed(request: HttpRequest) -> dict[str, str]:
    """What the address proposes: a link from the calendar says the weekday and the lessons."""
    return {name: request.GET[name] for name in WeeklyForm.base_fields if request.GET.get(name)}


def _looked_at(said: dict[str, Any], room: Room, actor: Actor) -> dict[str, Any]:
    """The days of what is asked for, each with what stands in its way; bookings only as far as the reader may see them."""
    weekly = Weekly(said["term"], said["weekday"], said["first_week"], said["last_week"], said["rhythm"])
    fields = ("first_period", "last_period", "function", "purpose", "major", "cohort", "people")
    found = occasions(weekly, room, actor, **{name: said[name] for name in fields})
    seen = visible([one.holder for one in found if one.holder], actor)
    sheet = sheet_for(Booking)
    return {
        "looked_at": True,
        "days": [
            {
                "one": one,
                "holder": one.holder if one.holder and one.holder.pk in seen else None,
                "url": sheet.url("detail", one.holder.pk) if sheet and one.holder and one.holder.pk in seen else "",
            }
            for one in found
        ],
        "free": sum(one.free for one in found),
        "hindered": sum(one.teaches and not one.free for one in found),
        "off": sum(bool(one.holiday) for one in found),
        "leave_out": ",".join(one.day.isoformat() for one in found if one.teaches and not one.free),
    }
