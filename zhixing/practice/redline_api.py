"""The gate by program: what the red lines say of a plan or a placement, and the rules of a day."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router

from zhixing.kernel.api import answer
from zhixing.practice import redline_asking as asking
from zhixing.practice.models import Placement
from zhixing.practice.redline_rules import book, words


def operations(router: Router) -> None:
    """`red-lines` of a plan or placement, and `red-line-rules`."""

    @router.get("/practice/red-lines", operation_id="red_lines", url_name="red_lines", response={200: None})
    def red_lines(request: HttpRequest, of: str = "") -> HttpResponse:
        """What is found about a plan, by its code, or a placement, as PLAN/STUDENT."""
        actor = request.actor  # type: ignore[attr-defined]
        if not actor.can(Placement):
            raise PermissionDenied(_("Your role does not include this."))
        try:
            rows = asking.told([of], actor)
        except asking.Unknown as unknown:
            raise Http404(_("There is no plan or placement “%(name)s”.") % {"name": of}) from unknown
        more = ({"state": row.state, "due": row.due, "layer": row.rule.layer} for row in rows)
        return answer({"items": [row.as_data() | extra for row, extra in zip(rows, more, strict=True)]})

    @router.get(
        "/practice/red-line-rules", operation_id="red_line_rules", url_name="red_line_rules", response={200: None}
    )
    def red_line_rules(request: HttpRequest, on: date | None = None) -> HttpResponse:
        """The rules in force on a day, today without one."""
        items = [
            {
                "rule": rule.id,
                "layer": rule.layer,
                "article": rule.cites(),
                "title": words(rule.title),
                "severity": rule.severity,
                "due": rule.due if rule.machine else None,
                "parameters": dict(rule.parameters),
                "override": list(rule.override),
                "from": rule.effective.start,
                "until": rule.effective.end,
                "certainty": rule.certainty,
            }
            for rule in book().in_force(on or timezone.localdate())
        ]
        return answer({"items": items})
