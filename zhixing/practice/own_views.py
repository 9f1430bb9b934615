"""A student's own pages on a phone: home of practice, choices, an own unit, the safety test."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zhixing.kernel.flow import FlowError
from zhixing.kernel.scope import Actor
from zhixing.kernel.typed import whole
from zhixing.org.models import Student
from zhixing.practice import choice_actions, own, post_actions, safety
from zhixing.practice.plans import PracticePlan
from zhixing.practice.practice_forms import ProposeForm


def _crumbs(label: str = "") -> list[dict[str, str]]:
    home = {"label": _("My practice"), "url": reverse("my-practice") if label else ""}
    return [home, {"label": label, "url": ""}] if label else [home]


@require_http_methods(["GET", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """Where am I, what next: one button; below it place, people, insurance and what is missing."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    student = own.student_of(actor, "add" if request.method == "POST" else "view")
    mine, fault = own.mine(student, actor), ""
    if request.method == "POST":
        try:
            messages.success(
                request, own.decide(mine, request.POST.get("do", ""), request.POST.get("reason", ""), by=actor)
            )
            return redirect("my-practice")
        except ValidationError as refused:
            fault = "；".join(refused.messages)
    context = {
        "mine": mine,
        "fault": fault,
        "reason": request.POST.get("reason", ""),
        "panels": [panel(mine.placement, actor) for panel in own.PANELS] if mine.placement else [],
        "crumbs": _crumbs(),
    }
    return render(request, "practice/own.html", context, status=422 if fault else 200)


@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """志愿填报: one tap adds a post, moves it up or down, or takes it out; each tap is saved at once."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    student = own.student_of(actor, "add" if request.method == "POST" else "view")
    plan = choice_actions.open_to(student).select_related("major").order_by("choose_until").first()
    fault, order = "", choice_actions.chosen(plan, student) if plan else []
    if request.method == "POST":
        if plan is None:
            raise Http404
        try:
            wanted = choice_actions.moved(order, request.POST.get("move", ""))
            order = choice_actions.save_choices(student, plan, wanted, by=actor.as_system())
            if not request.headers.get("HX-Request"):
                return redirect("practice-choose")
        except ValidationError as refused:
            fault = "；".join(refused.messages)
    offers = own.offers(plan, order) if plan else []
    search = request.GET.get("q", "").strip()
    context = {
        "student": student,
        "plan": plan,
        "closed": choice_actions.why_closed(plan, student) if plan else "",
        "chosen": [offer for offer in offers if offer.rank],
        "others": [offer for offer in offers if not offer.rank and _matches(offer, search)][:200],
        "full": bool(plan and len(order) >= plan.choices_limit),
        "search": search,
        "fault": fault,
        "crumbs": _crumbs(_("My choices")),
    }
    return render(request, "practice/choose.html", context, status=422 if fault else 200)


def _matches(offer: own.Offer, search: str) -> bool:
    if not search:
        return True
    post = offer.post
    return search in f"{post.title}{post.organisation.name}{post.address}{post.tasks}"


@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest) -> HttpResponse:
    """自行联系单位: a unit the student found; five lines, then it lies with the college."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    student = own.student_of(actor, "add" if request.method == "POST" else "view")
    mine = own.mine(student, actor)
    form = ProposeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if mine.plan is None:
            form.add_error(None, _("You cannot propose a unit now."))
        else:
            try:
                post_actions.propose(student, mine.plan, by=actor.as_system(), **form.cleaned_data)
                messages.success(request, _("Your proposal is with the college."))
                return redirect("my-practice")
            except ValidationError as refused:
                form.add_error(None, refused.messages)
    context = {"mine": mine, "form": form, "crumbs": _crumbs(_("A unit of my own"))}
    return render(request, "practice/propose.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def safety_test(request: HttpRequest, plan: int) -> HttpResponse:
    """岗前安全考核 on a phone: the questions, then at once the mark and what was wrong."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    student = own.student_of(actor, "add" if request.method == "POST" else "view")
    found = own.plan_for(student, plan)
    context: dict[str, Any] = {"plan": found, "student": student, "crumbs": _crumbs(_("Safety test")), "fault": ""}
    given: dict[str, int] = {}
    if request.method == "POST":
        given = {
            key.removeprefix("q-"): number
            for key, value in request.POST.items()
            if key.startswith("q-") and (number := whole(value)) is not None
        }
        try:
            test, wrong = safety.hand_in(student, found, request.POST.get("token", ""), given, by=actor)
            again = not test.passed and not safety.why_not(student, found)
            return render(request, "practice/safety.html", {**context, "test": test, "wrong": wrong, "again": again})
        except ValidationError as refused:
            context["fault"] = "；".join(refused.messages)
    paper, closed = _paper(student, found, request.POST.get("token", ""))
    asked = [{"question": question, "given": given.get(question.code)} for question in paper.questions] if paper else []
    context |= {"paper": paper, "closed": closed, "asked": asked}
    return render(request, "practice/safety.html", context, status=422 if context["fault"] else 200)


def _paper(student: Student, plan: PracticePlan, token: str) -> tuple[safety.Paper | None, str]:
    """The same questions once more where they were drawn already, else new ones; or why there are none."""
    try:
        if token:
            return safety.redraw(token, student, plan), ""
    except ValidationError:
        pass  # It has run out or is handed in: a new one is drawn.
    try:
        return safety.draw(student, plan), ""
    except FlowError as error:
        return None, "；".join(error.messages)
