"""`redline PLAN|PLACEMENT…`: what the red lines find, as the pages show it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from zhixing.kernel.scope import SYSTEM
from zhixing.kernel.verbs import BadCall, Verb
from zhixing.practice.redline_asking import Unknown, told
from zhixing.practice.redline_gate import State


class Command(Verb):
    help = "Say which red lines a plan or a placement does not keep. Exit 1 when one of them stops something."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "names",
            nargs="+",
            metavar="PLAN|PLACEMENT",
            help="a plan's code, or PLAN/STUDENT: plan code and student number",
        )

    def work(self, **options: Any) -> tuple[Any, int]:
        try:
            self.found = told(options["names"], SYSTEM)
        except Unknown as unknown:
            raise BadCall(f"There is no plan or placement {str(unknown)!r}.") from unknown
        stopped = any(row.state == State.RED for row in self.found)
        return [row.as_data() for row in self.found], 1 if stopped else 0

    def say(self, result: Any) -> None:
        for row in self.found:
            passed = f" (let pass by {row.override.approver})" if row.override else ""
            self.stdout.write(
                f"{row.state:6} {row.rule.id} {row.subject.name}: {row.says} [{row.rule.cites()}]{passed}"
            )
        if not self.found:
            self.stdout.write("Every rule asked is kept.")
