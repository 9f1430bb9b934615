"""Parts of a record's page that say more than its fields: who could meet a need, what was merged here."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.kernel.values import plain
from zhixing.org.models import Teacher
from zhixing.partners import queries
from zhixing.partners.models import MergeRecord, Need, Organisation


def _address(record: Any, page: str = "detail", **more: Any) -> str:
    sheet = sheet_for(type(record))
    return sheet.url(page, record.pk, **more) if sheet else ""


def need_matches(need: Need, actor: Actor) -> str:
    """Majors and teachers that could meet an open need, with the reasons, each one step from claiming it."""
    if need.status != Need.Status.OPEN:
        return ""
    majors, teachers = queries.matches(need)
    claim = _address(need, "act", key="claim")
    lists = [
        {
            "label": _("Majors"),
            "rows": [
                _row(match, f"{claim}?{urlencode(_for_major(match.record))}", _("Claim for this major"))
                for match in majors
            ],
        },
        {
            "label": _("Teachers"),
            "rows": [
                _row(match, f"{claim}?{urlencode(_for_teacher(match.record))}", _("Claim for this teacher"))
                for match in teachers
            ],
        },
    ]
    context = {"majors": majors, "teachers": teachers, "lists": lists, "may_claim": actor.can_on(need, "add")}
    return render_to_string("partners/need_matches.html", context)


def _row(match: queries.Match, claim_url: str, claim_label: str) -> dict[str, Any]:
    return {
        "title": str(match.record),
        "url": _address(match.record),
        "unit": str(match.record.unit),
        "reasons": "；".join(match.reasons),
        "claim_url": claim_url,
        "claim_label": claim_label,
    }


def _for_major(major: Any) -> dict[str, Any]:
    proposed = {"unit": major.unit_id, "majors": major.pk}
    return {**proposed, "person": major.leader_id} if major.leader_id else proposed


def _for_teacher(teacher: Teacher) -> dict[str, Any]:
    return {"person": teacher.person_id, "unit": teacher.unit_id, "majors": teacher.major_id}


def merges(organisation: Organisation, actor: Actor) -> str:
    """The records merged into this one, each with the way back."""
    records = MergeRecord.objects.filter(target=organisation, undone_at=None).select_related("source")
    listed = [
        {
            "title": record.source.name,
            "code": record.source.uscc or "",
            "url": _address(record.source),
            "when": plain(record.merged_at),
            "comment": record.comment,
            "undo_url": _address(record.source, "act", key="undo_merge")
            if actor.can_on(record.source, "approve")
            else "",
        }
        for record in records
    ]
    return render_to_string("partners/merges.html", {"merges": listed}) if listed else ""
