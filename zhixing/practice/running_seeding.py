"""The numbers a college begins with: weights of signals, duties to report, rules of grades. Records from then on."""

from __future__ import annotations

from typing import Any

from zhixing.practice.running_numbers import shipped

# Under which name of the file a register's rows stand, and what makes them the same row.
REGISTERS = {
    "PresenceWeight": ("weights", ("kind",)),
    "ReportDuty": ("duties", ("severity", "recipient")),
    "GradeRule": ("grades", ("code",)),
    "RunRule": ("rules", ("code",)),
}


def load(apps: Any, schema_editor: Any = None) -> None:
    """Write what is not there; what the office changed stays as it is. Safe to repeat."""
    told = shipped()
    for name, (part, key) in REGISTERS.items():
        try:
            model = apps.get_model("practice", name)
        except LookupError:
            continue  # An early migration knows fewer registers.
        said = {"source": told["sources"].get(part, "")} if _has_source(model) else {}
        for row in told[part]:
            if not model.objects.filter(**{field: row[field] for field in key}).exists():
                model.objects.create(**{**said, **row}, effective_from=told["from"])
            elif said:
                # Numbers shipped before their sources were.
                rows = model.objects.filter(**{field: row[field] for field in key}, source="")
                rows.filter(effective_from=told["from"]).update(source=row.get("source", said["source"]))


def _has_source(model: Any) -> bool:
    return any(field.name == "source" for field in model._meta.get_fields())
