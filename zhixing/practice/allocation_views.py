"""The pages of one plan's allocation: run and compare, adopt, lock, grant an appeal; and each student's own "why"."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods

from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.kernel.typed import whole
from zhixing.org.models import Student
from zhixing.practice import allocating, allocation_actions, allocation_jobs, allocation_screens, allocation_words, own
from zhixing.practice.allocation_facts import Facts, read, together
from zhixing.practice.allocation_screens import names_of_posts
from zhixing.practice.allocations import TYPE, adopted
from zhixing.practice.placements import Placement
from zhixing.practice.plans import PracticePlan
from zhixing.practice.posts import Post, offered_to


def _plan(request: HttpRequest, pk: int) -> tuple[PracticePlan, Actor]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.can(TYPE):
        raise PermissionDenied(_("Your role does not include this."))
    rows = PracticePlan.objects.visible_to(actor).select_related("major__unit", "owner")
    plan = get_object_or_404(rows, pk=pk)
    if not actor.can_on(plan, "change"):
        raise PermissionDenied(_("You may not change this record."))
    return plan, actor


def _crumbs(plan: PracticePlan, *more: tuple[Any, str]) -> list[dict[str, Any]]:
    sheet = sheet_for(PracticePlan)
    assert sheet is not None
    return [
        {"label": sheet.label_plural, "url": sheet.url("list")},
        {"label": plan.title, "url": sheet.url("detail", plan.pk)},
        *({"label": label, "url": url} for label, url in more),
    ]


@require_http_methods(["GET", "POST"])
def allocation_page(request: HttpRequest, plan: int) -> HttpResponse:
    """Ways of allocating a plan side by side; one of them is adopted, single places are locked, appeals begin here."""
    found, actor = _plan(request, plan)
    if request.method == "POST":
        return allocation_screens.act(request, [found], actor, _("Allocate “%(plan)s”") % {"plan": found.title})
    linked = [other for other in together(found, actor, allocation_actions.OPEN) if other != found]
    context = {
        **allocation_screens.context_of(request, [found]),
        "title": _("Allocation"),
        "sub": f"{found.title} · {found.get_status_display()}",
        "linked": [other.title for other in linked],
        "linked_url": _joint_url([found, *linked]) if linked else "",
        "crumbs": _crumbs(found, (_("Allocation"), "")),
    }
    return render(request, "practice/allocation.html", context)


def _joint_url(plans: list[PracticePlan]) -> str:
    """The joint page of those of these plans that are of the first one's year."""
    same = [plan.pk for plan in plans if plan.year_id == plans[0].year_id]
    return allocation_jobs.page_of(same) if len(same) > 1 else ""


# Appeals ------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def appeal_page(request: HttpRequest, plan: int, student: int) -> HttpResponse:
    """An appeal: what the student has and why, what is asked for, who would have to move; then it is granted or not."""
    found, actor = _plan(request, plan)
    who = get_object_or_404(Student.objects.filter(cohort__in=found.cohorts.all()), pk=student)
    asked = request.POST if request.method == "POST" else request.GET
    wish = asked.get("wish", "give") if asked.get("wish", "give") in ("give", "leave") else "give"
    post = whole(asked.get("post"))
    placement = (
        Placement.objects.filter(plan=found, student=who, archived_at=None, status__in=Placement.LIVE)
        .select_related("post__organisation")
        .first()
    )
    if wish == "leave" and placement is not None:
        post = placement.post_id
    if request.method == "POST":
        try:
            moves = allocation_actions.give_way(
                found,
                student=who.pk,
                post=post or 0,
                wish=wish,
                by=actor,
                comment=request.POST.get("comment", ""),
                expected=request.POST.get("expected", ""),
            )
            said = ngettext("Granted: %(number)s student moves.", "Granted: %(number)s students move.", len(moves))
            messages.success(request, said % {"number": len(moves)})
            return redirect("practice-allocation", found.pk)
        except ValidationError as refused:
            messages.error(request, "；".join(refused.messages))
    open_posts = Post.objects.filter(offered_to([found.pk]), archived_at=None)
    names = names_of_posts(set(open_posts.values_list("pk", flat=True)))
    context: dict[str, Any] = {
        "plan": found,
        "student": who,
        "placement": placement,
        "told": allocation_words.summary(placement.reasons) if placement and placement.reasons else "",
        "choices": allocation_words.lines(placement.reasons, names) if placement else [],
        "posts": sorted(names.items(), key=lambda row: row[1]),
        "wanted": post,
        "wish": wish,
        "crumbs": _crumbs(found, (_("Allocation"), reverse("practice-allocation", args=[found.pk])), (_("Appeal"), "")),
    }
    if post is not None:
        try:
            facts = read(together(found, actor))
            again, _problem = allocating.appeal(facts, who.pk, post, wish)
            context["again"] = again
            context["moves"] = _moves(facts, again.moves, found)
            context["fingerprint"] = allocation_actions.fingerprint(again.moves)
        except ValidationError as refused:
            context["refused"] = "；".join(refused.messages)
    return render(request, "practice/appeal.html", context)


BECAUSE = {
    "appeal": gettext_lazy("the appeal itself"),
    "room": gettext_lazy("makes room for %(who)s"),
    "lost": gettext_lazy("the earlier place is no longer to be had"),
    "minimum": gettext_lazy("too few are left at the earlier post"),
    "gain": gettext_lazy("gets a place that became free"),
}


def _moves(facts: Facts, moves: Any, plan: PracticePlan) -> list[dict[str, Any]]:
    """Who moves, from where to where and why; of students of other plans also which."""
    posts = names_of_posts({int(key) for move in moves for key in (move.before, move.after) if key})

    def name(key: str) -> str:
        row = facts.students.get(int(key))
        return row.name if row else "—"

    def other(key: str) -> str:
        of = facts.plan_of.get(int(key), plan.pk)
        return "" if of == plan.pk else facts.plans[of].title

    return [
        {
            "name": name(move.applicant),
            "plan": other(move.applicant),
            "before": posts.get(int(move.before), "—") if move.before else "",
            "after": posts.get(int(move.after), "—") if move.after else "",
            "why": str(BECAUSE[move.because]) % {"who": "、".join(map(name, move.to_whom))},
            "loses": move.after is None,
        }
        for move in moves
    ]


# The student's own --------------------------------------------------------------------------------------------------


@require_GET
def why_page(request: HttpRequest, plan: int) -> HttpResponse:
    """为什么是这里: a student's place in a plan, or none, and what became of each choice."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    student = own.student_of(actor)
    found = get_object_or_404(PracticePlan, pk=plan, cohorts=student.cohort_id, archived_at=None)
    placement = (
        Placement.objects.filter(plan=found, student=student, archived_at=None, status__in=Placement.LIVE)
        .select_related("post__organisation", "supervisor")
        .first()
    )
    told: dict[str, Any] = dict(placement.reasons) if placement else {}
    if placement is None:
        run = adopted([found])
        told = run.answer.get(str(student.pk), {}) if run else {}
        if told.get("post"):
            # Adopted with a place, and since called off: the answer of then says nothing about today.
            told = {}
    context = {
        "plan": found,
        "placement": placement,
        "told": allocation_words.summary(told) if told.get("how") else "",
        "price": allocation_words.price(told),
        "choices": allocation_words.lines(told, names_of_posts({row["post"] for row in told.get("choices", [])})),
        "crumbs": [
            {"label": _("My practice"), "url": reverse("my-practice")},
            {"label": _("Why this place"), "url": ""},
        ],
    }
    return render(request, "practice/why.html", context)
