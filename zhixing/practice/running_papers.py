"""What a student brings from the phone (我的材料): papers of the archive, pay slips and pieces of work, each with its picture (I-32).

A pay slip and a piece of work are signs of presence too. They are the student's own word until somebody of the school
has looked at them; the same picture brought twice is no sign at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from zhixing.kernel import events, filing, typed
from zhixing.kernel.acting import add
from zhixing.kernel.flow import FlowError, step
from zhixing.kernel.models import File
from zhixing.kernel.scope import Actor, type_key
from zhixing.practice import running_archive
from zhixing.practice.placements import Placement
from zhixing.practice.running import PresenceSignal, SignalKind
from zhixing.practice.running_numbers import RunRule, number_on
from zhixing.practice.running_results import ArchivePaper, PaperKind

MOST_FILES = 6


class Brought(models.TextChoices):
    """What a student can bring; pay slips and pieces of work are supporting material that says more."""

    PAY = "pay", gettext_lazy("pay slip")
    WORK = "work", gettext_lazy("work product")
    REPORT = "report", gettext_lazy("internship report")
    SUMMARY = "summary", pgettext_lazy("paper", "summary")
    PROOF = "proof", gettext_lazy("supporting material")


SIGNS = {Brought.PAY: SignalKind.PAY, Brought.WORK: SignalKind.WORK}


def bring(
    placement: Placement, *, by: Actor, what: str, day: date, files: Sequence[UploadedFile], title: str = ""
) -> ArchivePaper:
    """Keep what a student brings: a paper of the archive with its files, and for pay slip and work a signal of that day.

    Raises ValidationError for another's placement's state, a day outside of it, a kind that is none, or a file that is none.
    """
    if placement.status not in (Placement.Status.RUNNING, Placement.Status.ENDED):
        raise FlowError(_("Only for a placement that runs or has ended are papers handed in."), code="not_running")
    if what not in Brought.values:
        raise ValidationError({"what": _("Say what it is.")})
    today = timezone.localdate()
    after = timedelta(days=number_on(RunRule.Code.PAPERS_DAYS, today))
    last = min((placement.ended_on or placement.ends_on) + after, today)
    if not placement.starts_on <= day <= last:
        days = {"first": placement.starts_on, "last": last}
        raise ValidationError({"day": _("Papers of this placement are of a day from %(first)s to %(last)s.") % days})
    if not files or len(files) > MOST_FILES:
        raise ValidationError({"files": _("Add one to %(most)s pictures or files.") % {"most": MOST_FILES}})
    sign = SIGNS.get(Brought(what))
    kind = PaperKind.PROOF if sign else PaperKind(what)
    said = title.strip() or f"{Brought(what).label} {day.isoformat()}"
    paper = ArchivePaper(placement=placement, kind=kind, title=said[:160], handed_on=day)
    with transaction.atomic():
        add(paper, by=by, follows=True)
        kept = [filing.attach(paper, file, by=by) for file in files]
        if sign is not None and not _there(placement, sign, day):
            row = PresenceSignal(
                placement=placement,
                kind=sign,
                day=day,
                paper=paper,
                paper_state=PresenceSignal.PaperState.WAITING,
                content=_digest_of(paper, [file.sha256 for file in kept]),
                note=said[:300],
            )
            add(row, by=by, follows=True)
    return paper


def day_said(given: str) -> date:
    """The day that a form or a program names; ValidationError where it names none."""
    found = typed.day(given)
    if found is None:
        raise ValidationError({"day": _("Say which day it is of.")})
    return found


def _digest_of(paper: ArchivePaper, digests: Sequence[str]) -> str:
    """By what the pictures of a paper are known again, whatever their names are and whichever of them stands first.

    A paper that shares one picture with an earlier sign has that sign's digest.
    """
    same = File.objects.filter(record_type=type_key(ArchivePaper), sha256__in=digests).exclude(record_id=paper.pk)
    earlier = PresenceSignal.objects.filter(paper__in=same.values("record_id")).exclude(content="").order_by("pk")
    return earlier.values_list("content", flat=True).first() or digests[0]


def _there(placement: Placement, kind: str, day: date) -> bool:
    return PresenceSignal.objects.filter(placement=placement, kind=kind, day=day).exists()


def vouch(signal: PresenceSignal, *, by: Actor, comment: str = "") -> None:
    """The school has looked at a paper that a student brought and takes it for what it says."""
    with step(signal, "vouch", by=by, comment=comment) as locked:
        events.log(locked.paper, "vouched", by=by, comment=comment)


def doubt(signal: PresenceSignal, *, by: Actor, comment: str = "") -> None:
    """What was brought is not what it says: the sign counts no more, the paper stays, with the reason in its log too."""
    with step(signal, "doubt", by=by, comment=comment) as locked:
        events.log(locked.paper, "doubted", by=by, comment=comment)


def is_sign(paper: ArchivePaper) -> bool:
    """Whether a paper shows presence, so that the supervisor is asked to look at it."""
    return PresenceSignal.objects.filter(paper=paper).exists()


@dataclass(frozen=True)
class Mine:
    """The student's papers: each of the eight with what is there, and what was brought, the latest first."""

    papers: list[dict[str, Any]]
    complete: int
    brought: list[dict[str, Any]]


def mine(placement: Placement) -> Mine:
    """What stands in a placement's archive, in words; a fixed number of queries."""
    meter = running_archive.meters([placement])[placement.pk]
    rows = list(ArchivePaper.objects.filter(placement=placement, archived_at=None).order_by("-handed_on", "-pk")[:30])
    files: dict[int, list[File]] = {}
    for file in File.objects.filter(record_type=type_key(ArchivePaper), record_id__in=[row.pk for row in rows]):
        files.setdefault(file.record_id, []).append(file)
    states = dict(PresenceSignal.objects.filter(paper__in=rows).values_list("paper", "paper_state"))
    return Mine(
        [{"label": label, "found": meter[kind]} for kind, label in PaperKind.choices],
        running_archive.completeness(meter),
        [{"row": row, "files": files.get(row.pk, []), "state": states.get(row.pk, "")} for row in rows],
    )


def waiting(supervisor: int) -> models.QuerySet[PresenceSignal]:
    """What students of a supervisor (person id) brought and nobody of the school has looked at, the oldest first."""
    rows = PresenceSignal.objects.filter(
        placement__supervisor=supervisor, paper_state=PresenceSignal.PaperState.WAITING, archived_at=None
    )
    return rows.select_related("placement__student", "placement__post__organisation", "paper").order_by("day", "pk")
