"""Evaluate the policy: every rule for every unit, told as a scoreboard or as JSON."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from zhixing.org.models import AcademicYear
from zhixing.policy import console, recounting
from zhixing.policy.engine import AssessError, Result, assess, resolve_year
from zhixing.policy.evidence import Evidence
from zhixing.policy.models import Rule, Standing, State


class Command(BaseCommand):
    help = "Evaluate the policy's rules and store the standings; a closed year answers with its frozen ones."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--policy", metavar="CODE", help="only this policy")
        parser.add_argument("--year", metavar="2025-2026", help="an academic year; the running one by default")
        parser.add_argument("--as-of", metavar="DATE", help="another day than today: told, not stored")
        parser.add_argument("--rule", metavar="R14", help="only this rule")
        parser.add_argument("--unit", metavar="CODE", help="only this unit; a college's code takes in its parts")
        parser.add_argument("--evidence", action="store_true", help="name the rows behind each standing")
        parser.add_argument(
            "--what-if", metavar="NAME", help="count a closed year anew by today's records, kept apart under a name"
        )
        parser.add_argument(
            "--past", action="store_true", help="first the years that are over, oldest first: trends need a past"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        as_of = console.day(options["as_of"]) if options["as_of"] else None
        name = options["what_if"]
        if not Rule.objects.exists():
            raise CommandError(_("No policy is loaded; run load-policy first."), returncode=2)
        if options["past"]:
            for code in (
                AcademicYear.objects.filter(ends_on__lt=timezone.localdate())
                .order_by("starts_on")
                .values_list("code", flat=True)
            ):
                assess(policy=options["policy"], year=code, rule=options["rule"], unit=options["unit"])
        try:
            if name:
                recounting.check(name, resolve_year(options["year"], as_of)[0].period.code)
            result = assess(
                policy=options["policy"],
                year=options["year"],
                as_of=as_of,
                rule=options["rule"],
                unit=options["unit"],
                progress=console.progress_bar(),
                what_if=bool(name),
            )
            rows = self.rows(result, options["evidence"], options["year"], as_of)
        except AssessError as error:
            raise CommandError(str(error), returncode=2) from error
        if name:
            recounting.keep(name, result)
        if options["json"]:
            self.stdout.write(console.as_json(rows))
        else:
            self.board(result, rows, name)

    @staticmethod
    def rows(result: Result, with_evidence: bool, year: str | None, as_of: Any) -> list[dict[str, Any]]:
        rows = [console.row(found) for found in result.findings]
        if with_evidence:
            ids = {found.rule_id if isinstance(found, Standing) else found.applied.rule_id for found in result.findings}
            evidence = Evidence(resolve_year(year, as_of)[0]).prepare(ids)
            for row, found in zip(rows, result.findings, strict=True):
                row["evidence"] = evidence.of(found)
        return rows

    def board(self, result: Result, rows: list[dict[str, Any]], name: str | None) -> None:
        """Rules down, states across; then what is not met."""
        write = self.stdout.write
        write(_("%(year)s, as of %(day)s") % {"year": result.year.code, "day": result.as_of})
        if result.frozen:
            write(_("This year is closed: these are its frozen standings."))
        if name:
            write(_("Recount “%(name)s”: kept apart, no verdict is changed.") % {"name": name})
        elif not result.stored and not result.frozen:
            write(_("Another day than today: told, not stored."))
        titles = dict(Rule.objects.order_by("pk").values_list("code", "title"))
        states = [state for state in State if any(row["state"] == state for row in rows)]
        words = [console.state_word(state) for state in states]
        columns = [max(6, console.width(word) + 2) for word in words]
        names = {code: f"{code} {title}" for code, title in titles.items()}
        first = max((console.width(text) for text in names.values()), default=10) + 2
        write(
            console.pad("", first) + "".join(console.pad(word, size) for word, size in zip(words, columns, strict=True))
        )
        for code in dict.fromkeys(row["rule"] for row in rows):
            own = [row for row in rows if row["rule"] == code]
            counts = [sum(row["state"] == state for row in own) for state in states]
            cells = (console.pad(str(count or "·"), size) for count, size in zip(counts, columns, strict=True))
            write(console.pad(names[code], first) + "".join(cells))
        lacking = [row for row in rows if row["state"] == State.UNMET]
        if lacking:
            write("")
            write(_("Not met:"))
        for row in lacking:
            due = row["due"] or "—"
            write(f"  {row['rule']} {row['unit']} {row['unit_name']} · {row['value']} / {row['target']} · {due}")
        write("")
        write(_("%(rows)s standings, %(written)s moved") % {"rows": len(rows), "written": result.written})
