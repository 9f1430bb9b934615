"""A record's story: business events and field changes in one line of time; and the files on it."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhixing.kernel import values
from zhixing.kernel.fields import mask
from zhixing.kernel.models import Event, File, Record
from zhixing.kernel.scope import type_key
from zhixing.kernel.sheet import Sheet

# The words of events that every record type shares; a flow's steps bring their own.
VERBS: dict[str, tuple[str, Any]] = {
    "created": ("plus", gettext_lazy("Added")),
    "changed": ("edit", gettext_lazy("Changed")),
    "imported": ("upload", gettext_lazy("Imported")),
    "import_undone": ("history", gettext_lazy("Import undone")),
    "deleted": ("trash", gettext_lazy("Deleted")),
    "archived": ("archive", gettext_lazy("Archived")),
    "restored": ("refresh", gettext_lazy("Restored")),
    "reveal": ("eye", gettext_lazy("Personal data shown")),
    "exported": ("download", gettext_lazy("Exported")),
    "file_added": ("upload", gettext_lazy("File added")),
    "file_removed": ("trash", gettext_lazy("File removed")),
    "station_approved": ("approve", gettext_lazy("Approved, and on to the next")),
    "escalated": ("alert", gettext_lazy("Escalated")),
    "delegated": ("handshake", gettext_lazy("Delegated")),
    "link_issued": ("link", gettext_lazy("Link sent out")),
}


def name_verbs(verbs: dict[str, tuple[str, Any]]) -> None:
    """Give words, and an icon, to events that a domain writes beside those of its steps and actions."""
    VERBS.update(verbs)


_SILENT = {"created_at", "updated_at", "normalised_name"}


def describe_verb(sheet: Sheet, verb: str) -> tuple[str, str]:
    """The icon and words of an event on a record of this type."""
    if verb in VERBS:
        icon, words = VERBS[verb]
        return icon, str(words)
    if sheet.flow:
        for item in sheet.flow.steps:
            if item.key == verb:
                return item.icon, str(item.label)
    for action in sheet.actions:
        if action.key == verb:
            return action.icon, str(action.label)
    return "info", verb


def timeline(sheet: Sheet, record: Record, limit: int = 30) -> list[dict[str, Any]]:
    """Events and field changes, newest first; two queries."""
    found = [
        {
            "when": event.at,
            "who": event.actor_name,
            "title": describe_verb(sheet, event.verb)[1],
            "icon": describe_verb(sheet, event.verb)[0],
            "text": event.comment,
            "changes": [],
        }
        for event in Event.objects.filter(record_type=sheet.key, record_id=record.pk).order_by("-at", "-pk")[:limit]
    ]
    return sorted([*found, *_field_changes(sheet, record, limit)], key=lambda item: item["when"], reverse=True)[:limit]


def _field_changes(sheet: Sheet, record: Record, limit: int) -> list[dict[str, Any]]:
    """Each row of the history holds the values before a change; the next younger state holds those after it."""
    history = getattr(record, "history", None)
    if history is None:
        return []
    fields = [f for f in record._meta.concrete_fields if f.name not in _SILENT and not f.primary_key]
    after: Any = record
    changes = []
    for row in history.select_related("pgh_context").order_by("-pgh_id")[:limit]:
        differing = [f for f in fields if getattr(row, f.attname, None) != getattr(after, f.attname, None)]
        if differing:
            context = row.pgh_context.metadata if row.pgh_context else {}
            changes.append(
                {
                    "when": row.pgh_created_at,
                    "who": context.get("actor", ""),
                    "title": _("Fields changed"),
                    "icon": "edit",
                    "text": "",
                    "changes": [
                        {
                            "field": f.verbose_name,
                            "old": _words(record, f, getattr(row, f.attname)),
                            "new": _words(record, f, getattr(after, f.attname)),
                        }
                        for f in differing
                    ],
                }
            )
        after = row
    return changes


def _words(record: Record, field: models.Field, value: Any) -> str:
    if value in (None, ""):
        return "—"
    if getattr(field, "masked", False):
        return mask(str(value))
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if field.is_relation:
        current = getattr(record, field.attname)
        # The current relation is already loaded; an earlier one is named by its key alone, so that the page's queries stay constant.
        return str(getattr(record, field.name)) if current == value and field.is_cached(record) else f"#{value}"
    return values.plain(value)


def files_of(record: Record, may_change: bool) -> list[dict[str, Any]]:
    """The files on a record, newest first; one query."""
    rows = (
        File.objects.filter(record_type=type_key(record), record_id=record.pk)
        .select_related("uploaded_by__person")
        .order_by("-uploaded_at", "-pk")
    )
    return [
        {
            "name": file.name,
            "size": file.size,
            "kind": file.name.rpartition(".")[2].upper()[:5],
            "url": reverse("file", args=[file.pk]),
            "sha": file.sha256,
            "when": file.uploaded_at,
            "who": file.uploaded_by.get_full_name() if file.uploaded_by else "",
            "delete_url": reverse("file-remove", args=[file.pk]) if may_change else "",
        }
        for file in rows
    ]
