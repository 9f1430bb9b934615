"""What a firm does by link, without an account: reads the yearly statement and confirms it, or says what is wrong (D-35)."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from zhixing.bases import actions, statements
from zhixing.bases.models import BenefitStatement
from zhixing.kernel import links
from zhixing.kernel.models import OutsideLink


def register() -> None:
    """Make the page behind the link known."""
    links.register(actions.CONFIRM, confirm)


def confirm(request: HttpRequest, link: OutsideLink, statement: BenefitStatement) -> HttpResponse:
    """Both sides of the year on one page of a phone; one button confirms, another sends it back with words."""
    remark, fault = request.POST.get("remark", "").strip()[:2000], ""
    if request.method == "POST":
        actor = links.actor_of(link)
        try:
            if request.POST.get("do") == "dispute":
                if not remark:
                    raise ValidationError(_("Say what is wrong."), code="remark")
                with links.consume(link):
                    actions.firm_disputes(statement, by=actor, name=link.name, remark=remark)
                done = _("Your words are with the college; it will send you the statement again.")
            else:
                with links.consume(link):
                    actions.firm_confirms(statement, by=actor, name=link.name, remark=remark)
                done = _("Thank you: the statement is confirmed by both sides.")
            return render(request, "kernel/outside_done.html", {"done_text": done})
        except ValidationError as refused:
            fault = "；".join(refused.messages)
    sides = statements.sides(statement)
    context = {
        "link": link,
        "statement": statement,
        "base": statement.base,
        "sides": [
            {"label": _("Your firm gave"), "lines": sides[statements.FIRM], "worth": statements.worth(sides["firm"])},
            {
                "label": _("The college gave"),
                "lines": sides[statements.SCHOOL],
                "worth": statements.worth(sides["school"]),
            },
        ],
        "remark": remark,
        "fault": fault,
    }
    return render(request, "bases/outside_statement.html", context, status=422 if fault else 200)
