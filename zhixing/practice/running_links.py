"""What people outside do by link, without an account: mentor, guardian, and either side's evaluation.

A mentor's and a guardian's link stand for the whole placement: a mentor confirms week after week. What they can do with
it is theirs to do once each (the week, the evaluation), and the college can stop a link at any time. A link for one
evaluation is used up by it.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhixing.agreements import pdf
from zhixing.kernel import links
from zhixing.kernel.flow import FlowError
from zhixing.kernel.models import OutsideLink
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import Handed
from zhixing.kernel.typed import whole, wholes, words
from zhixing.org.calendar import monday_of
from zhixing.org.models import School
from zhixing.partners.models import Contact
from zhixing.practice import consent_links, running_grades, running_mentors, workplace
from zhixing.practice import running_actions as actions
from zhixing.practice import running_queries as queries
from zhixing.practice.consent_actions import GUARDIAN
from zhixing.practice.covers import covers_of
from zhixing.practice.duties import channel_of
from zhixing.practice.placements import Placement
from zhixing.practice.running import WeekEntry
from zhixing.practice.running_cases import Complaint, Incident
from zhixing.practice.running_numbers import RunRule, number_on
from zhixing.practice.running_results import Evaluation

MENTOR, EVALUATE = "practice.mentor", "practice.evaluate"


def register() -> None:
    """Make the pages behind these links known."""
    links.register(MENTOR, mentor)
    links.register(GUARDIAN, guardian)
    links.register(EVALUATE, evaluate)


# Handed out -------------------------------------------------------------------------------------------------------

_ALONE = gettext_lazy("Send this address to %(name)s alone. It is shown once.")


def mentor_link(placement: Placement, *, by: Actor, name: str, days: int, comment: str = "") -> Handed:
    """A link with which the mentor of a placement looks after all their students."""
    if placement.mentor is None:
        raise FlowError(_("The placement has no mentor."), code="no_mentor")
    url = links.issue(MENTOR, placement.mentor, name=name, by=by, days=days)
    return Handed(url, str(_ALONE) % {"name": name})


def guardian_link(placement: Placement, *, by: Actor, name: str, days: int, comment: str = "") -> Handed:
    """A link with which a guardian sees place, insurance and contacts, is told of incidents, and raises a worry."""
    # A link that fell into other hands ends with the next one; those of incidents and of the consent bear marks of their own.
    url = links.issue(GUARDIAN, placement, name=name, by=by, days=days)
    return Handed(url, str(_ALONE) % {"name": name})


def evaluation_link(
    placement: Placement, *, by: Actor, side: str, name: str, days: int = 30, comment: str = ""
) -> Handed:
    """A link for one side's evaluation, used up by it."""
    if Evaluation._base_manager.filter(placement=placement, side=side, archived_at=None).exists():
        raise FlowError(_("This side has already spoken."), code="spoken")
    url = links.issue(EVALUATE, placement, name=name, by=by, days=days, data={"side": side})
    return Handed(url, str(_ALONE) % {"name": name})


# The four sliders -------------------------------------------------------------------------------------------------


def read_marks(posted: Any, key: int | str) -> tuple[dict[str, int], str]:
    """The four marks and the words of a form about one placement."""
    marks = {}
    for scale in Evaluation.SCALES:
        given = whole(posted.get(f"{scale}-{key}"))
        if given is not None:
            marks[scale] = given
    return marks, words(posted.get(f"text-{key}"), 2000)


def sliders(marks: dict[str, int], text: str, key: int | str, least: Decimal) -> dict[str, Any]:
    """A form's sliders as the template draws them; untouched ones stand at 80, what lies under `least` asks for words."""
    rows = [
        {
            "name": f"{scale}-{key}",
            "label": Evaluation._meta.get_field(scale).verbose_name,
            "value": marks.get(scale, 80),
        }  # type: ignore[union-attr]
        for scale in Evaluation.SCALES
    ]
    return {"key": key, "marks": rows, "text": text, "least": least}


# The mentor -------------------------------------------------------------------------------------------------------


def _week_of(today: Any) -> Any:
    """The week a mentor speaks of: until Thursday the one before, from Friday on the one that ends."""
    return monday_of(today - timedelta(days=4))


def mentor(request: HttpRequest, link: OutsideLink, contact: Contact) -> HttpResponse:
    """A mentor's page on a phone: all were here (one tap), visits to sign, an evaluation, a problem, hours and a letter."""
    if request.method != "POST" and "code" in request.GET:
        return _code(request, contact)
    if request.method != "POST" and "letter" in request.GET:
        return _letter(contact)
    monday = _week_of(timezone.localdate())
    fault, acted = "", links.actor_of(link)
    if request.method == "POST":
        try:
            said = _mentor_act(request, contact, monday, acted)
            return redirect(f"{request.path}?done={said}")
        except ValidationError as refused:
            fault = "；".join(refused.messages)
    students = queries.of_mentor(contact, monday)
    keys = [row["placement"].pk for row in students]
    evaluated = set(Evaluation.objects.filter(placement__in=keys, side="firm").values_list("placement", flat=True))
    today = timezone.localdate()
    asked, least = request.POST.get("evaluate", ""), running_grades.least_pass(today)
    ending = today + timedelta(days=number_on(RunRule.Code.EVALUATE_DAYS, today))
    for row in students:
        pk = row["placement"].pk
        marks, text = read_marks(request.POST, pk) if asked == str(pk) else ({}, "")
        row |= {"evaluated": pk in evaluated, "card": sliders(marks, text, pk, least), "open": asked == str(pk)}
    context = {
        "link": link,
        "contact": contact,
        "monday": monday,
        "sunday": monday + timedelta(days=6),
        "students": students,
        "waiting": [row for row in students if row["said"] is None],
        "to_evaluate": [row for row in students if not row["evaluated"] and _nearly_over(row["placement"], ending)],
        "kinds": Incident.Kind.choices,
        "visits": running_mentors.to_sign(contact),
        "work": running_mentors.work_of(contact, today),
        "done": request.GET.get("done", "") if request.method != "POST" else "",
        "fault": fault,
    }
    return render(request, "practice/outside_mentor.html", context, status=422 if fault else 200)


def _nearly_over(placement: Placement, day: Any) -> bool:
    """An evaluation is asked for once the last day is not after `day`, and afterwards."""
    return placement.status == "ended" or (placement.ended_on or placement.ends_on) <= day


def _mentor_act(request: HttpRequest, contact: Contact, monday: Any, by: Actor) -> str:
    posted = request.POST
    mine = Placement.objects.filter(mentor=contact, status__in=("running", "ended"), archived_at=None)
    if posted.get("do") == "week":
        shown, there = wholes(posted.getlist("shown")), set(wholes(posted.getlist("there")))
        absent = tuple(pk for pk in shown if pk not in there)
        actions.confirm_week(contact, monday, [pk for pk in shown if pk in there], by=by, absent=absent)
        return "week"
    if posted.get("do") == "sign":
        visit = next((row for row in running_mentors.to_sign(contact) if row.pk == whole(posted.get("visit"))), None)
        if visit is None:
            raise ValidationError(_("This visit waits for no signature of yours."))
        actions.sign_visit(visit, by=by, name=words(posted.get("name"), 80), ink=posted.get("ink", ""))
        return "sign"
    chosen = whole(posted.get("evaluate") or posted.get("placement"))
    placement = mine.filter(pk=chosen).select_related("student").first() if chosen is not None else None
    if placement is None:
        raise ValidationError(_("Choose one of your students."))
    if posted.get("do") == "evaluate":
        marks, text = read_marks(posted, placement.pk)
        actions.evaluate(placement, "firm", by=by, marks=marks, text=text, evaluator=contact.name)
        return "evaluate"
    kind = posted.get("kind", "")
    actions.report_incident(
        placement,
        by=by,
        kind=kind if kind in Incident.Kind.values else Incident.Kind.OTHER,
        severity="serious" if posted.get("urgent") else "light",
        text=words(posted.get("text"), 2000),
    )
    return "problem"


def _code(request: HttpRequest, contact: Contact) -> HttpResponse:
    """The workplace's code, large, for a screen or a telephone that lies there; the page renews itself."""
    now = timezone.now()
    posts = {
        row["placement"].post_id: row["placement"].post
        for row in queries.of_mentor(contact, monday_of(timezone.localdate()))
    }
    shown = []
    for pk, post in sorted(posts.items()):
        digits = workplace.code_at(pk, now)
        address = request.build_absolute_uri(f"/practice/week/?code={digits}")
        shown.append({"post": post, "digits": digits, "qr": pdf.qr_svg(address)})
    context = {"contact": contact, "posts": shown, "seconds": workplace.seconds_left(now), "back": request.path}
    return render(request, "practice/outside_code.html", context)


def _letter(contact: Contact) -> HttpResponse:
    """What the mentor did for the college's students, as a letter to print."""
    response = HttpResponse(running_mentors.letter_of(contact, timezone.localdate()), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{running_mentors.letter_name(contact)}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


# The guardian -----------------------------------------------------------------------------------------------------

_SHOWN = ("student", "plan", "post__organisation", "supervisor", "mentor")


def guardian(request: HttpRequest, link: OutsideLink, placement: Placement) -> HttpResponse:
    """Where the child is, who looks after them, what insures them, and what happened; and a worry for the office."""
    fault = ""
    if request.method == "POST":
        subject = request.POST.get("subject", "")
        try:
            if consent_links.act(request, link, placement):
                return redirect(request.path)
            row = actions.complain(
                by=links.actor_of(link),
                subject=subject if subject in Complaint.Subject.values else Complaint.Subject.OTHER,
                text=words(request.POST.get("text"), 2000),
                placement=placement,
                source=Complaint.Source.GUARDIAN,
                name=link.name,
                contact_phone=words(request.POST.get("phone"), 40),
            )
            text = _("Your worry is with the academic affairs office alone. Its number is %(number)s.")
            return render(request, "kernel/outside_done.html", {"done_text": text % {"number": row.number}})
        except ValidationError as refused:
            fault = "；".join(refused.messages)
    last, today = placement.ended_on or placement.ends_on, timezone.localdate()
    placement = Placement.objects.select_related(*_SHOWN).get(pk=placement.pk)
    context = {
        "link": link,
        "placement": placement,
        "contacts": queries.contacts_of(placement),
        "visit": queries.last_visit(placement),
        "away": queries.away_on(placement, today),
        "handed": WeekEntry.objects.filter(placement=placement, archived_at=None).order_by("-monday").first(),
        "consent_card": consent_links.card(request, placement, fault),
        "covers": covers_of(placement.student_id, placement.starts_on, last),
        "incidents": placement.incidents.filter(archived_at=None).exclude(severity="light").order_by("-happened_at"),  # type: ignore[attr-defined]
        "school": School.objects.order_by("pk").first(),
        "subjects": Complaint.Subject.choices,
        "channel": channel_of(placement.plan_id),
        "text": request.POST.get("text", ""),
        "fault": fault,
    }
    return render(request, "practice/outside_guardian.html", context, status=422 if fault else 200)


# One evaluation ---------------------------------------------------------------------------------------------------


def evaluate(request: HttpRequest, link: OutsideLink, placement: Placement) -> HttpResponse:
    """Four sliders and words, for firm or student; what the other side says is not shown."""
    side = str(link.data.get("side", ""))
    marks, text = read_marks(request.POST, placement.pk)
    fault = ""
    if request.method == "POST":
        try:
            with links.consume(link):
                actions.evaluate(placement, side, by=links.actor_of(link), marks=marks, text=text, evaluator=link.name)
            thanks = _("Thank you. The other side's word is shown to you once both are in.")
            return render(request, "kernel/outside_done.html", {"done_text": thanks})
        except ValidationError as refused:
            fault = "；".join(refused.messages)
    context = {
        "link": link,
        "placement": placement,
        "side": side,
        "card": sliders(marks, text, placement.pk, running_grades.least_pass(timezone.localdate())),
        "fault": fault,
    }
    return render(request, "practice/outside_evaluate.html", context, status=422 if fault else 200)
