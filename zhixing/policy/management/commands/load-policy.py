"""Load the policy packs: everything is checked first, then all is loaded or nothing."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from zhixing.intake.yaml_values import PackErrors
from zhixing.policy import console
from zhixing.policy.loading import load_packs


class Command(BaseCommand):
    help = "Load policy packs; loading again changes only what the packs changed, and keeps numbers edited here."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "files", nargs="*", type=Path, help="packs (YAML); by default those that come with the product"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = load_packs(options["files"] or None)
        except PackErrors as errors:
            if options["json"]:
                faults = [
                    {"file": f.file, "line": f.line, "field": f.field, "message": f.message} for f in errors.faults
                ]
                self.stdout.write(console.as_json({"faults": faults}))
            for fault in errors.faults:
                self.stderr.write(str(fault))
            message = _("The pack has %(count)s faults; nothing was loaded.") % {"count": len(errors.faults)}
            raise CommandError(message, returncode=2) from errors
        if options["json"]:
            self.stdout.write(console.as_json([vars(pack) for pack in loaded]))
            return
        for pack in loaded:
            values = {
                "code": pack.code,
                "clauses": pack.clauses,
                "duties": pack.duties,
                "rules": pack.rules,
                "changed": pack.changed,
            }
            self.stdout.write(
                _("%(code)s: %(clauses)s clauses, %(duties)s duties, %(rules)s rules; %(changed)s changed") % values
            )
            if pack.kept:
                self.stdout.write(_("Numbers edited here were kept: %(rules)s") % {"rules": ", ".join(pack.kept)})
