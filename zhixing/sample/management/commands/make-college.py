"""Make the sample college: the demo's, the tests' and the benchmarks' registers. Safe to run again."""

import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from zhixing.sample.build import Occupied, make


def scale(text: str) -> float:
    value = float(text)
    if not 0 < value <= 100:
        raise ValueError
    return value


class Command(BaseCommand):
    help = "Make the sample college in an empty database. A second run with the same scale and seed changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--scale", type=scale, default=1.0, help="1 is 6,000 students and 300 firms (above 0, at most 100)"
        )
        parser.add_argument("--seed", type=int, default=20231230)
        parser.add_argument("--json", action="store_true", help="print the counts by record type as one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        try:
            counts, made = make(options["scale"], options["seed"], timezone.localdate())
        except Occupied as error:
            raise CommandError(str(error), returncode=2) from error
        if options["json"]:
            self.stdout.write(json.dumps(counts, ensure_ascii=False))
            return
        for key, count in counts.items():
            self.stdout.write(f"{key:32} {count:8}")
        seconds = f"{time.monotonic() - started:.1f}"
        if made:
            self.stdout.write(_("The sample college is made (%(seconds)s s).") % {"seconds": seconds})
        else:
            self.stdout.write(_("The sample college was already here; nothing was changed."))
