"""Making a report: gather, compose, lay out, keep. The page, the job and the command all come here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from zhixing.insights.documents.content import compose
from zhixing.insights.documents.excel import as_xlsx
from zhixing.insights.documents.facts import Facts, gather
from zhixing.insights.documents.paper import as_pdf
from zhixing.insights.documents.word import as_docx
from zhixing.insights.models import Report
from zhixing.kernel import events
from zhixing.kernel.scope import Actor
from zhixing.org.models import Unit

Progress = Callable[[int, int, str], None]
MIMES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class Made:
    """A report in hand: what it tells, and its bytes."""

    facts: Facts
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def make(unit: Unit, year: str | None, kind: str, actor: Actor, progress: Progress | None = None) -> Made:
    """The report of a unit for an academic year (the running one by default) as `pdf`, `docx` or `xlsx`."""
    tell = progress or (lambda done, total, message: None)
    tell(0, 3, _("Reading the standings"))
    facts = gather(unit, year, actor)
    tell(1, 3, _("Writing the report"))
    if kind == "xlsx":
        content = as_xlsx(facts)
    else:
        document = compose(facts)
        tell(2, 3, _("Laying it out"))
        content = as_pdf(document) if kind == "pdf" else as_docx(document)
    tell(3, 3, "")
    return Made(facts, content)


def keep(made: Made, kind: str, *, by: Actor) -> Report:
    """File a report so that it can be fetched again exactly as it was."""
    facts = made.facts
    name = f"{facts.unit.name}-{facts.year.code}-{_('assessment report')}.{kind}"
    report = Report(
        unit=facts.unit,
        year=facts.year.code,
        as_of=facts.as_of,
        frozen=facts.frozen,
        format=kind,
        language=get_language() or "",
        number=facts.number,
        standings_count=len(facts.standings),
        standings_sha256=facts.fingerprint,
        name=name[:200],
        size=len(made.content),
        sha256=made.sha256,
        made_by_id=by.user_id,
    )
    with transaction.atomic():
        # A name of its own in the store: a unit's name may hold what a file system does not take.
        report.content.save(
            f"{facts.unit.code}-{facts.year.code}-{made.sha256[:12]}.{kind}", ContentFile(made.content), save=False
        )
        report.save()
        events.log(report, "report_made", by=by, data={"sha256": made.sha256, "format": kind})
    return report
