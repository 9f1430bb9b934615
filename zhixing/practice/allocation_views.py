"""The pages of an allocation: run and compare, adopt, lock, grant an appeal; and each student's own "why"."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods

from zhixing.kernel import progress
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.org.models import Cohort, Student
from zhixing.practice import allocating, allocation_actions, allocation_jobs, allocation_words, own
from zhixing.practice.allocations import AllocationRun
from zhixing.practice.placements import Placement
from zhixing.practice.plans import PracticePlan
from zhixing.practice.posts import Post

PER_PAGE = 50
Mode = AllocationRun.Mode


def _plan(request: HttpRequest, pk: int) -> tuple[PracticePlan, Actor]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.can(Placement):
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
        return _act(request, found, actor)
    runs = {run.mode: run for run in found.allocation_runs.all()}
    ordered = [runs[mode] for mode in Mode.values if mode in runs]
    shown = runs.get(request.GET.get("mode", "")) or next((run for run in ordered if run.adopted_at), None)
    shown = shown or next(iter(ordered), None)
    context: dict[str, Any] = {
        "plan": found,
        "open": found.status in allocation_actions.OPEN,
        "columns": [_column(run, shown) for run in ordered],
        "no_stable": bool(ordered) and Mode.STABLE not in runs,
        "chart": _chart(ordered) if ordered else None,
        "shown": shown,
        "crumbs": _crumbs(found, (_("Allocation"), "")),
        "worst": _worst(shown),
        **(_table(request, found, shown) if shown else {}),
    }
    return render(request, "practice/allocation.html", context)


def _act(request: HttpRequest, plan: PracticePlan, actor: Actor) -> HttpResponse:
    do, comment = request.POST.get("do", ""), request.POST.get("comment", "").strip()
    back = reverse("practice-allocation", args=[plan.pk])
    keys = [int(key) for key in request.POST.getlist("placement") if key.isdigit()]
    try:
        if do == "run":
            allocation_actions.refuse(plan, actor)
            title = _("Allocate “%(plan)s”") % {"plan": plan.title}
            fair = request.POST.get("fair") == "1"
            task = allocation_jobs.allocate_plan
            row = progress.start(
                "allocate", title, actor.user_id, task, back=back, plan=plan.pk, fair=fair, user=actor.user_id
            )
            return redirect(progress.next_page(row))
        if do == "adopt":
            run = get_object_or_404(plan.allocation_runs, mode=request.POST.get("mode", ""))
            placed = allocation_actions.adopt(run, by=actor, comment=comment)
            said = ngettext("%(number)s student has a place.", "%(number)s students have a place.", placed)
            messages.success(request, said % {"number": placed})
        elif do == "lock":
            count = allocation_actions.lock_many(plan, keys, by=actor, comment=comment)
            messages.success(
                request,
                ngettext("%(number)s place is locked.", "%(number)s places are locked.", count) % {"number": count},
            )
        elif do == "unlock":
            count = allocation_actions.unlock_many(plan, keys, by=actor, comment=comment)
            messages.success(
                request,
                ngettext("%(number)s place is free to move.", "%(number)s places are free to move.", count)
                % {"number": count},
            )
        else:
            raise Http404
    except ValidationError as refused:
        messages.error(request, "；".join(refused.messages))
    return redirect(back)


def _column(run: AllocationRun, shown: AllocationRun | None) -> dict[str, Any]:
    told = run.summary
    first = told["by_position"].get("1", 0)
    return {
        "run": run,
        "label": run.get_mode_display(),
        "shown": run == shown,
        "url": f"?mode={run.mode}#students",
        "told": told,
        "first": first,
        "share": round(100 * first / told["students"]) if told["students"] else 0,
        "yardstick": run.mode == Mode.FIRST_COME,
        "gap": round(told["objective"] - told["bound"], 1)
        if told["bound"] is not None and not told["optimal"]
        else None,
    }


COLOURS = {"optimal": "$c1", "stable": "$c2", "first": "$c4"}


def _chart(runs: list[AllocationRun]) -> dict[str, Any]:
    """How many got which of their choices, in each way."""
    last = max((int(at) for run in runs for at in run.summary["by_position"]), default=1)
    heads = [_("Choice %(rank)s") % {"rank": at} for at in range(1, last + 1)]
    heads += [_("Outside the choices"), _("Without a place")]

    def counts(run: AllocationRun) -> list[int]:
        told = run.summary
        return [*(told["by_position"].get(str(at), 0) for at in range(1, last + 1)), told["outside"], told["unplaced"]]

    series = [
        {
            "type": "bar",
            "name": str(run.get_mode_display()),
            "itemStyle": {"color": COLOURS[run.mode], "borderRadius": 2},
            "barMaxWidth": 26,
            "data": counts(run),
        }
        for run in runs
    ]
    return {
        "id": "allocation-chart",
        "title": _("Who got which choice"),
        "css": "",
        "option": {
            "grid": {"left": 8, "right": 16, "top": 34, "bottom": 4, "containLabel": True},
            "legend": {"top": 0, "right": 0},
            "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
            "xAxis": {"type": "category", "data": heads},
            "yAxis": {"type": "value", "minInterval": 1},
            "series": series,
        },
        "heads": [_("Way of allocating"), *heads],
        "rows": [[run.get_mode_display(), *counts(run)] for run in runs],
    }


def _worst(run: AllocationRun | None) -> str:
    if run is None or not run.summary.get("worst"):
        return ""
    cohort, mean = run.summary["worst"]
    found = Cohort.objects.filter(pk=cohort).first()
    return _("The class that fares worst is %(class)s: choice %(mean)s on the mean.") % {
        "class": found or "—",
        "mean": f"{mean:.2f}",
    }


def _table(request: HttpRequest, plan: PracticePlan, run: AllocationRun) -> dict[str, Any]:
    """One page of students with place and reason; `only=none` those without, `only=locked` the locked."""
    only = request.GET.get("only", "")
    posts = _posts(plan)
    keys = [int(key) for key in run.answer]
    rows = Student.objects.filter(pk__in=keys).select_related("cohort").order_by("number")
    if query := request.GET.get("q", "").strip():
        rows = rows.filter(name__icontains=query) | rows.filter(number__startswith=query)
    if only == "none":
        rows = rows.filter(pk__in=[int(key) for key, told in run.answer.items() if told["post"] is None])
    elif only == "later":
        rows = rows.filter(pk__in=[int(key) for key, told in run.answer.items() if (told["position"] or 99) > 1])
    elif only == "locked":
        rows = rows.filter(placements__plan=plan, placements__locked=True, placements__status="proposed")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    standing = {
        row.student_id: row
        for row in Placement.objects.filter(
            plan=plan, student__in=[row.pk for row in page], archived_at=None, status__in=Placement.LIVE
        )
    }
    lines = []
    for student in page:
        told = run.answer[str(student.pk)]
        placement = standing.get(student.pk)
        lines.append(
            {
                "student": student,
                "post": posts.get(told["post"] or 0, ""),
                "rank": int(told["position"]) if told["position"] else None,
                "km": told["km"],
                "text": allocation_words.summary(told),
                "choices": allocation_words.lines(told, posts),
                "placement": placement,
                "now": posts.get(placement.post_id, "") if placement else "",
                "moved": placement is not None and run.adopted_at and placement.post_id != told["post"],
                "may_lock": placement is not None and placement.status == Placement.Status.PROPOSED,
            }
        )
    return {"lines": lines, "page": page, "only": only, "query": query}


def _posts(plan: PracticePlan) -> dict[int, str]:
    rows = Post.objects.filter(plan=plan).values_list("pk", "title", "organisation__name")
    return {pk: f"{title} · {firm}" for pk, title, firm in rows}


# Appeals ------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def appeal_page(request: HttpRequest, plan: int, student: int) -> HttpResponse:
    """An appeal: what the student has and why, what is asked for, who would have to move; then it is granted or not."""
    found, actor = _plan(request, plan)
    who = get_object_or_404(Student.objects.filter(cohort__in=found.cohorts.all()), pk=student)
    asked = request.POST if request.method == "POST" else request.GET
    wish = asked.get("wish", "give") if asked.get("wish", "give") in ("give", "leave") else "give"
    post = int(asked["post"]) if asked.get("post", "").isdigit() else None
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
    names = _posts(found)
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
            facts = allocating.read(found)
            again, _problem = allocating.appeal(facts, who.pk, post, wish)
            context["again"] = again
            context["moves"] = _moves(facts, again.moves, names)
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


def _moves(facts: allocating.Facts, moves: Any, names: dict[int, str]) -> list[dict[str, Any]]:
    def name(key: str) -> str:
        row = facts.students.get(int(key))
        return row.name if row else "—"

    return [
        {
            "name": name(move.applicant),
            "before": names.get(int(move.before), "—") if move.before else "",
            "after": names.get(int(move.after), "—") if move.after else "",
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
        run = found.allocation_runs.exclude(adopted_at=None).first()
        told = run.answer.get(str(student.pk), {}) if run else {}
        if told.get("post"):
            # Adopted with a place, and since called off: the answer of then says nothing about today.
            told = {}
    context = {
        "plan": found,
        "placement": placement,
        "told": allocation_words.summary(told) if told.get("how") else "",
        "price": allocation_words.price(told),
        "choices": allocation_words.lines(told, _posts(found)),
        "crumbs": [
            {"label": _("My practice"), "url": reverse("my-practice")},
            {"label": _("Why this place"), "url": ""},
        ],
    }
    return render(request, "practice/why.html", context)
