"""Parts of pages that say more than fields: a placement's weeks and papers, an incident's clock, a visit's signature."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from zhixing.kernel import links
from zhixing.kernel.models import File, Record
from zhixing.kernel.scope import Actor, type_key
from zhixing.kernel.sheet import sheet_for
from zhixing.practice import certificates, running_archive, running_grades, running_links
from zhixing.practice import running_actions as actions
from zhixing.practice import running_queries as queries
from zhixing.practice.placements import Placement
from zhixing.practice.running import PresenceSignal, PresenceWeek, SignalKind, Visit, WeekEntry
from zhixing.practice.running_cases import Incident
from zhixing.practice.running_results import ArchivePaper, Certificate, Evaluation, PaperKind

_RAN = ("running", "ended", "graded", "broken")


def _list(model: type[Record], actor: Actor, query: str) -> str:
    sheet = sheet_for(model)
    return f"{sheet.url('list')}?{query}" if sheet and actor.can(model) else ""


def evaluate_for_school(
    placement: Placement,
    *,
    by: Actor,
    culture: int,
    skill: int,
    process: int,
    adaptability: int,
    text: str = "",
    comment: str = "",
) -> Evaluation:
    """The supervisor's word; it is part of the grade."""
    marks = {"culture": culture, "skill": skill, "process": process, "adaptability": adaptability}
    return actions.evaluate(placement, "school", by=by, marks=marks, text=text)


def _parts(grade: running_grades.Grade, rules: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"label": running_grades.words_for(name), "value": grade.parts[name], "weight": rules.get(name)}
        for name in running_grades.PARTS
    ]


def placement_panel(placement: Placement, actor: Actor) -> str:
    """How the weeks went, how the grade comes about, and how complete the archive is."""
    if placement.status not in _RAN:
        return ""
    meter = running_archive.meters([placement])[placement.pk]
    may = actor.can_on(placement, "approve")
    grade = running_grades.compute([placement])[placement.pk]
    rules = running_grades.rules_on(placement.ended_on or placement.ends_on)
    sheet = sheet_for(Certificate)
    certificate = Certificate.objects.filter(placement=placement).first()
    context = {
        "placement": placement,
        "weeks": WeekEntry.objects.filter(placement=placement, archived_at=None).order_by("-monday")[:6],
        "weeks_url": _list(WeekEntry, actor, f"placement={placement.pk}"),
        # How the evidence is counted is for those who look after the placement.
        "evidence": queries.weeks_of(placement) if may else [],
        "grade": grade,
        "parts": _parts(grade, rules),
        "papers": [{"label": label, "found": meter[kind]} for kind, label in PaperKind.choices],
        "complete": running_archive.completeness(meter),
        "archive_url": reverse("practice-archive", args=[placement.pk]),
        "certificate": certificate,
        "certificate_url": sheet.url("detail", certificate.pk)
        if certificate and sheet and actor.can(Certificate)
        else "",
        "links": _links(placement) if may else [],
    }
    return render_to_string("practice/running_panel.html", context)


def _links(placement: Placement) -> list[dict[str, Any]]:
    found = [*links.of_record(placement, running_links.GUARDIAN)[:3]]
    if placement.mentor is not None:
        found += links.of_record(placement.mentor, running_links.MENTOR)[:3]
    return [
        {"link": link, "state": links.why_closed(link) or ("opened" if link.opened_count else "sent")} for link in found
    ]


def week_panel(entry: WeekEntry, actor: Actor) -> str:
    """By whom and when a week was read; nothing while it waits."""
    return render_to_string("practice/week_panel.html", {"entry": entry}) if entry.read_at else ""


def signal_panel(signal: PresenceSignal, actor: Actor) -> str:
    """The paper that a student brought, with its pictures; nothing for a signal of another kind."""
    if signal.paper is None:
        return ""
    sheet = sheet_for(ArchivePaper)
    context = {
        "signal": signal,
        "paper": signal.paper,
        "url": sheet.url("detail", signal.paper.pk) if sheet and actor.can(ArchivePaper) else "",
        "files": File.objects.filter(record_type=type_key(ArchivePaper), record_id=signal.paper.pk).order_by("pk"),
    }
    return render_to_string("practice/signal_panel.html", context)


def presence_panel(week: PresenceWeek, actor: Actor) -> str:
    """What a week's evidence is made of, and by whom it is said."""
    labels = dict(SignalKind.choices)
    signals = PresenceSignal.objects.filter(placement=week.placement_id, archived_at=None, day__gte=week.monday)
    rows = [row for row in signals.order_by("day", "kind") if (row.day - week.monday).days < 7]
    context = {
        "week": week,
        "parts": [{"label": labels.get(kind, kind), "points": points} for kind, points in sorted(week.parts.items())],
        "signals": rows,
    }
    return render_to_string("practice/presence_panel.html", context)


def incident_panel(incident: Incident, actor: Actor) -> str:
    """The clock: who was told in time, who is still to be told and how long that is."""
    now = timezone.now()
    rows = [
        {
            "row": row,
            "late": (row.told_at or now) > row.due_at,
            "url": _act(row, actor) if row.status == "waiting" else "",
        }
        for row in incident.reports.filter(archived_at=None).order_by("due_at", "recipient")  # type: ignore[attr-defined]
    ]
    return render_to_string("practice/incident_panel.html", {"incident": incident, "rows": rows, "now": now})


def _act(row: Any, actor: Actor) -> str:
    sheet = sheet_for(type(row))
    return sheet.url("act", row.pk, key="tell") if sheet and actor.can_on(row, "change") else ""


def visit_panel(visit: Visit, actor: Actor) -> str:
    """The way to the page for a phone, where the visit is written up, photographed and signed."""
    files = File.objects.filter(record_type=type_key(visit), record_id=visit.pk, name="signature.png")
    context = {
        "visit": visit,
        "url": reverse("practice-visit", args=[visit.pk]) if actor.can_on(visit, "change") else "",
        "signature": files.order_by("-pk").first() if visit.signed_at else None,
    }
    return render_to_string("practice/visit_panel.html", context)


def certificate_panel(certificate: Certificate, actor: Actor) -> str:
    """The certificate's file, and where anybody checks it."""
    context = {
        "certificate": certificate,
        "file": certificates.file_of(certificate),
        "verify_url": reverse("verify-code", args=[certificate.code]) if certificate.code else "",
    }
    return render_to_string("practice/certificate_panel.html", context)
