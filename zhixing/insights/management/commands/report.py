"""The assessment report of a unit, written to a file."""

import json
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from zhixing.insights import reports
from zhixing.kernel.scope import SYSTEM
from zhixing.org.models import Unit
from zhixing.policy.console import progress_bar
from zhixing.policy.engine import AssessError


class Command(BaseCommand):
    help = "Write the assessment report of a college or the school as PDF, Word or Excel."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--unit", metavar="CODE", help="a college; the school by default")
        parser.add_argument("--year", metavar="2025-2026", help="an academic year; the running one by default")
        parser.add_argument("--out", metavar="FILE", required=True, help="a name that ends in .pdf, .docx or .xlsx")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        target = Path(options["out"])
        kind = target.suffix.lower().lstrip(".")
        if kind not in reports.MIMES:
            raise CommandError(_("The file's name must end in .pdf, .docx or .xlsx."), returncode=2)
        if not target.parent.is_dir():
            raise CommandError(_("There is no folder “%(folder)s”.") % {"folder": target.parent}, returncode=2)
        made = self._make(_unit(options["unit"]), options["year"], kind)
        target.write_bytes(made.content)
        facts = made.facts
        told = {
            "file": str(target),
            "unit": facts.unit.code,
            "year": facts.year.code,
            "as_of": facts.as_of.isoformat(),
            "format": kind,
            "frozen": facts.frozen,
            "standings": len(facts.standings),
            "standings_sha256": facts.fingerprint,
            "sha256": made.sha256,
        }
        self.stdout.write(json.dumps(told, ensure_ascii=False, indent=1) if options["json"] else str(target))

    def _make(self, unit: Unit, year: str | None, kind: str) -> reports.Made:
        try:
            return reports.make(unit, year, kind, SYSTEM, progress_bar())
        except (AssessError, ValidationError) as refused:
            words = "；".join(refused.messages) if isinstance(refused, ValidationError) else str(refused)
            raise CommandError(words, returncode=2) from refused


def _unit(code: str | None) -> Unit:
    rows = Unit.objects.filter(archived_at=None, kind__in=(Unit.Kind.SCHOOL, Unit.Kind.COLLEGE)).order_by("code")
    unit = rows.filter(code=code).first() if code else rows.filter(kind=Unit.Kind.SCHOOL).first()
    if unit is None:
        raise CommandError(_("There is no college “%(code)s”.") % {"code": code or "—"}, returncode=2)
    return unit
