"""The numbers a college begins with: weights of signals, duties to report, rules of grades. Records from then on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

NUMBERS = Path(__file__).with_name("running.yaml")


def load(apps: Any, schema_editor: Any = None) -> None:
    """Write what is not there; what the office changed stays as it is. Safe to repeat."""
    told = yaml.safe_load(NUMBERS.read_text(encoding="utf-8"))
    for name, key, rows in (
        ("PresenceWeight", ("kind",), told["weights"]),
        ("ReportDuty", ("severity", "recipient"), told["duties"]),
        ("GradeRule", ("code",), told["grades"]),
    ):
        model = apps.get_model("practice", name)
        for row in rows:
            if not model.objects.filter(**{field: row[field] for field in key}).exists():
                model.objects.create(**row, effective_from=told["from"])
