"""What people outside do by link, without an account: a firm confirms the yearly statement or says what is wrong (D-35), an expert judges an application (D-45)."""

from __future__ import annotations

from dataclasses import replace

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from zhixing.bases import actions, criteria, figures, paper_actions, statements
from zhixing.bases.forms import ScoreForm
from zhixing.bases.models import BenefitStatement, RecognitionReview
from zhixing.kernel import links
from zhixing.kernel.models import OutsideLink


def register() -> None:
    """Make the pages behind the links known."""
    links.register(actions.CONFIRM, confirm)
    links.register(paper_actions.REVIEW, review)


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


def review(request: HttpRequest, link: OutsideLink, asked: RecognitionReview) -> HttpResponse:
    """The application with the numbers that were handed in, beside the criteria of its level; score and opinion below."""
    recognition, actor = asked.recognition, links.actor_of(link)
    form = ScoreForm(request.POST if request.method == "POST" else None, record=asked, actor=actor)
    fault = ""
    if form.is_bound and form.is_valid():
        try:
            with links.consume(link):
                paper_actions.score(asked, by=actor, **form.cleaned_data)
            done = _("Thank you: your score is with the college.")
            return render(request, "kernel/outside_done.html", {"done_text": done})
        except ValidationError as refused:
            fault = "；".join(refused.messages)
    today = timezone.localdate()
    told = criteria.known(recognition, today)
    # The rows behind the numbers are for the college alone.
    plain = {key: replace(figure, url="") for key, figure in told.items()}
    context = {
        "link": link,
        "recognition": recognition,
        "checks": criteria.check(recognition, today, with_score=False, told=plain),
        "text": figures.linked(recognition.statement, plain),
        "form": form,
        "fault": fault,
    }
    return render(request, "bases/outside_review.html", context, status=422 if fault or form.errors else 200)
