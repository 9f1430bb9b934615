"""The student's archive (实习档案): eight papers, from records where they exist and from files elsewhere; complete or not; as a zip (I-32)."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from io import BytesIO
from typing import Any

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from zhixing.agreements import pdf
from zhixing.agreements.models import SIGNED, AgreementDocument
from zhixing.kernel.models import File
from zhixing.kernel.scope import type_key
from zhixing.org.models import School
from zhixing.practice.placements import Placement
from zhixing.practice.plans import PlanDocument
from zhixing.practice.running import Visit, WeekEntry
from zhixing.practice.running_results import ArchivePaper, Evaluation, PaperKind


def weeks_handed(placements: Iterable[int]) -> dict[int, int]:
    """How many weeks each of these placements (ids) has handed in."""
    rows = WeekEntry.objects.filter(placement__in=list(placements), archived_at=None).order_by()
    return dict(rows.values_list("placement").annotate(number=Count("pk")))


def meters(placements: Iterable[Placement], weeks: dict[int, int] | None = None) -> dict[int, dict[str, list[str]]]:
    """For each placement (id) and each of the eight papers what stands for it, in words; empty where nothing does.

    `weeks` is what `weeks_handed` says of them, for whoever has asked already. A fixed number of queries for any number of placements.
    """
    rows = list(placements)
    keys = [row.pk for row in rows]
    found: dict[int, dict[str, list[str]]] = {pk: {kind: [] for kind in PaperKind.values} for pk in keys}
    for pk, kind, title in ArchivePaper.objects.filter(placement__in=keys, archived_at=None).values_list(
        "placement", "kind", "title"
    ):
        found[pk][kind].append(title)
    agreements = Placement.objects.filter(pk__in=keys, agreement__status__in=SIGNED)
    for pk, number, title in agreements.values_list("pk", "agreement__number", "agreement__title"):
        found[pk][PaperKind.AGREEMENT].append(number or title)
    schemes: dict[int, str] = dict(
        PlanDocument.objects.filter(
            plan__in={row.plan_id for row in rows}, kind="scheme", archived_at=None
        ).values_list("plan", "title")
    )
    weeks = weeks_handed(keys) if weeks is None else weeks
    visits = Visit.objects.filter(placements__in=keys, status="done", archived_at=None)
    for pk, day in visits.order_by("visited_on").values_list("placements", "visited_on"):
        if pk in found:
            found[pk][PaperKind.VISITS].append(day.isoformat())
    for row in rows:
        if row.plan_id in schemes:
            found[row.pk][PaperKind.SCHEME].append(schemes[row.plan_id])
        if weeks.get(row.pk):
            found[row.pk][PaperKind.JOURNAL].append(_("%(number)s weeks") % {"number": weeks[row.pk]})
        if row.status == Placement.Status.GRADED:
            found[row.pk][PaperKind.RESULT].append(f"{row.score} · {row.get_level_display()}")
    return found


def completeness(meter: dict[str, list[str]]) -> int:
    """How much of an archive is there, in percent of its eight papers."""
    return round(100 * sum(bool(found) for found in meter.values()) / len(meter))


# As a zip -----------------------------------------------------------------------------------------------------------


def _paper(title: str, blocks: list[dict[str, Any]]) -> bytes:
    school = School.objects.order_by("pk").first()
    return pdf.as_pdf(
        [{"kind": "title", "text": title}, *blocks],
        title=title,
        school=school.name if school else "",
        number="",
        code="",
        qr=False,
    )


def _text(words: str) -> dict[str, Any]:
    return {"kind": "text", "text": words}


def _facts(placement: Placement) -> list[dict[str, Any]]:
    rows = [
        [_("Item"), pgettext("paper", "Content")],
        [_("Student"), f"{placement.student.name} {placement.student.number}"],
        [_("Internship unit"), placement.post.organisation.name],
        [_("Post"), placement.post.title],
        [_("From – until"), f"{placement.starts_on} – {placement.ended_on or placement.ends_on}"],
        [_("Supervisor"), placement.supervisor.name if placement.supervisor else ""],
        [_("Mentor"), placement.mentor.name if placement.mentor else ""],
    ]
    return [{"kind": "table", "columns": 2, "rows": rows}]


def _journal(placement: Placement) -> list[dict[str, Any]]:
    blocks = _facts(placement)
    for entry in WeekEntry.objects.filter(placement=placement, archived_at=None).order_by("monday"):
        blocks.append({"kind": "heading", "text": _("Week of %(day)s") % {"day": entry.monday}})
        said = _("Hours: %(hours)s. How it was: %(mood)s.")
        blocks.append(_text(said % {"hours": entry.hours, "mood": entry.get_mood_display()}))
        blocks += [_text(line) for line in entry.text.splitlines() if line.strip()]
        if entry.comment:
            blocks.append(_text(_("The supervisor's word: %(word)s") % {"word": entry.comment}))
    return blocks


def _visits(placement: Placement) -> list[dict[str, Any]]:
    blocks = []
    rows = placement.visits.filter(status="done", archived_at=None).select_related("supervisor")  # type: ignore[attr-defined]
    for visit in rows.order_by("visited_on"):
        blocks.append({"kind": "heading", "text": f"{visit.visited_on} {visit.get_mode_display()}"})
        blocks.append(_text(_("Supervisor: %(name)s") % {"name": visit.supervisor.name}))
        blocks += [_text(line) for line in (visit.findings, visit.problems, visit.follow_up) if line]
        if visit.signed_at:
            at = timezone.localtime(visit.signed_at).strftime("%Y-%m-%d %H:%M")
            blocks.append(_text(_("Signed by %(name)s at %(at)s") % {"name": visit.mentor_name, "at": at}))
    return blocks


def _result(placement: Placement) -> list[dict[str, Any]]:
    blocks = _facts(placement)
    shown = Evaluation.objects.filter(placement=placement, shown=True, archived_at=None).order_by("side")
    heads = [_("Side"), *(str(Evaluation._meta.get_field(name).verbose_name) for name in Evaluation.SCALES), _("Mean")]  # type: ignore[union-attr]
    rows = [
        [str(row.get_side_display()), *(str(getattr(row, name)) for name in Evaluation.SCALES), f"{row.mean:.1f}"]
        for row in shown
    ]
    if rows:
        blocks.append({"kind": "table", "columns": 6, "rows": [heads, *rows]})
    if placement.score is not None:
        said = _("Score: %(score)s. Level: %(level)s.")
        blocks.append(_text(said % {"score": placement.score, "level": placement.get_level_display()}))
    return blocks


def _agreement_files(placement: Placement) -> list[tuple[str, bytes]]:
    if placement.agreement is None:
        return []
    document = (
        AgreementDocument.objects.filter(agreement=placement.agreement, kind__in=("signed", "final"), archived_at=None)
        .order_by("-kind", "-pk")
        .first()
    )
    try:
        return [(document.name, document.bytes())] if document else []
    except FileNotFoundError:
        return []


def as_zip(placement: Placement) -> bytes:
    """All that the archive holds, in eight numbered folders, with a list of what is there and what is missing."""
    meter = meters([placement])[placement.pk]
    labels = {kind: str(label) for kind, label in PaperKind.choices}
    folder = {kind: f"{number:02d} {labels[kind]}" for number, kind in enumerate(PaperKind.values, 1)}
    store = BytesIO()
    with zipfile.ZipFile(store, "w", zipfile.ZIP_DEFLATED) as archive:
        lines = [f"{labels[kind]}\t{'、'.join(meter[kind]) or _('missing')}" for kind in PaperKind.values]
        archive.writestr(pgettext("paper", "Contents") + ".txt", "\r\n".join(lines).encode("utf-8-sig"))
        if meter[PaperKind.JOURNAL]:
            archive.writestr(
                f"{folder['journal']}/{labels['journal']}.pdf", _paper(labels["journal"], _journal(placement))
            )
        if meter[PaperKind.VISITS]:
            archive.writestr(f"{folder['visits']}/{labels['visits']}.pdf", _paper(labels["visits"], _visits(placement)))
        if meter[PaperKind.RESULT]:
            archive.writestr(f"{folder['result']}/{labels['result']}.pdf", _paper(labels["result"], _result(placement)))
        for name, content in _agreement_files(placement):
            archive.writestr(f"{folder['agreement']}/{name}", content)
        for kind, name, content in _files(placement):
            archive.writestr(f"{folder[kind]}/{name}", content)
    return store.getvalue()


def _files(placement: Placement) -> Iterable[tuple[str, str, bytes]]:
    """The files on the archive's papers and on the plan's scheme, each under a name of its own."""
    papers = {
        (type_key(ArchivePaper), paper.pk): paper.kind
        for paper in ArchivePaper.objects.filter(placement=placement, archived_at=None)
    }
    schemes = PlanDocument.objects.filter(plan=placement.plan_id, kind="scheme", archived_at=None)
    papers |= {(type_key(PlanDocument), row.pk): PaperKind.SCHEME for row in schemes}
    for record_type in {key for key, _pk in papers}:
        keys = [pk for key, pk in papers if key == record_type]
        for file in File.objects.filter(record_type=record_type, record_id__in=keys).order_by("pk"):
            try:
                with file.content.open("rb") as stored:
                    content = stored.read()
            except FileNotFoundError:
                continue
            # A name from outside is no way out of its folder.
            name = file.name.replace("/", "_").replace("\\", "_")
            yield papers[record_type, file.record_id], f"{file.pk}-{name}", content
