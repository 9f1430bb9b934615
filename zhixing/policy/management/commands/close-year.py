"""Close an academic year: its standings are frozen under one fingerprint."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from zhixing.policy import console
from zhixing.policy.closing import close_year, holds
from zhixing.policy.engine import AssessError


class Command(BaseCommand):
    help = (
        "Freeze a year's standings with thresholds and evidence; a close that was cut off is taken up where it stopped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("year", metavar="2025-2026")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            closed = close_year(options["year"], progress=console.progress_bar())
        except AssessError as error:
            raise CommandError(str(error), returncode=2) from error
        if not holds(closed.year):
            message = _("The frozen standings of %(year)s no longer match their fingerprint.") % {"year": closed.year}
            raise CommandError(message, returncode=1)
        if options["json"]:
            self.stdout.write(console.as_json({"frozen": closed.frozen, "hash": closed.hash}))
        else:
            values = {"year": closed.year, "frozen": closed.frozen, "hash": closed.hash}
            self.stdout.write(_("%(year)s is closed: %(frozen)s standings frozen, SHA-256 %(hash)s") % values)
