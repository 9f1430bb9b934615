"""What the pages of an allocation show: ways side by side, who got which choice, how majors and classes fare, each student's why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhixing.kernel import progress
from zhixing.kernel.scope import Actor
from zhixing.kernel.typed import wholes
from zhixing.org.models import Cohort, Major, Student
from zhixing.practice import allocation_actions, allocation_jobs, allocation_words
from zhixing.practice.allocation_facts import CLASSES, MAJORS
from zhixing.practice.allocations import AllocationRun, adopted, key_of
from zhixing.practice.placements import Placement
from zhixing.practice.plans import PracticePlan
from zhixing.practice.posts import Post

PER_PAGE = 50
Mode = AllocationRun.Mode
COLOURS = {"optimal": "$c1", "stable": "$c2", "first": "$c4"}


def context_of(request: HttpRequest, plans: Sequence[PracticePlan], prefix: str = "") -> dict[str, Any]:
    """What the page of these plans shows; `prefix` is what its addresses begin with, to name the plans again.

    The page of one plan also shows its part in what was allocated together with other plans.
    """
    own = {run.mode: run for run in AllocationRun.objects.filter(key=key_of(plans))}
    ordered = [own[mode] for mode in Mode.values if mode in own]
    joint = []
    if len(plans) == 1:
        rows = plans[0].allocation_runs.exclude(key=key_of(plans)).exclude(mode=Mode.FIRST_COME)
        joint = list(rows.prefetch_related("plans").order_by("key", "mode"))
    of_joint = PracticePlan.objects.filter(
        archived_at=None, pk__in={plan.pk for run in joint for plan in run.plans.all()}
    )
    actor: Actor = request.actor  # type: ignore[attr-defined]
    may = set(of_joint.visible_to(actor, "change").values_list("pk", flat=True)) if joint else set()  # type: ignore[attr-defined]
    last = adopted(plans)
    asked = request.GET.get("joint", "")
    shown = own.get(request.GET.get("mode", "")) or next((run for run in joint if str(run.pk) == asked), None)
    shown = shown or next((run for run in (*ordered, *joint) if run == last), None)
    shown = shown or next(iter(ordered), None) or next(iter(joint), None)
    part = plans[0] if shown is not None and shown.key != key_of(plans) else None
    return {
        "plans": plans,
        "open": all(plan.status in allocation_actions.OPEN for plan in plans),
        "columns": [_column(run, shown, last, prefix) for run in ordered],
        "joint": [_part(run, plans[0], shown, last, may) for run in joint],
        "no_stable": bool(ordered) and Mode.STABLE not in own,
        "chart": _chart(ordered) if ordered else None,
        "majors_chart": _majors_chart(ordered, plans) if ordered and len(plans) > 1 else None,
        "majors": _majors(shown, plans, part) if shown else [],
        "shown": shown,
        "part": part,
        "prefix": prefix,
        "worst": _worst(shown) if part is None else "",
        **(_table(request, plans, shown, part) if shown else {}),
    }


def act(request: HttpRequest, plans: Sequence[PracticePlan], actor: Actor, title: str) -> HttpResponse:
    """What is pressed on the page of these plans: run, adopt, lock, unlock."""
    do, comment = request.POST.get("do", ""), request.POST.get("comment", "").strip()
    pks = [plan.pk for plan in plans]
    back = allocation_jobs.page_of(pks)
    keys = wholes(request.POST.getlist("placement"))
    try:
        if do == "run":
            allocation_actions.refuse(plans, actor)
            fair = request.POST.get("fair", "")
            row = progress.start(
                "allocate",
                title,
                actor.user_id,
                allocation_jobs.allocate_plans,
                back=back,
                plans=pks,
                fair=fair if fair in (MAJORS, CLASSES) else "",
                user=actor.user_id,
            )
            return redirect(progress.next_page(row))
        if do == "adopt":
            run = get_object_or_404(AllocationRun, key=key_of(plans), mode=request.POST.get("mode", ""))
            placed = allocation_actions.adopt(run, by=actor, comment=comment)
            said = ngettext("%(number)s student has a place.", "%(number)s students have a place.", placed)
            messages.success(request, said % {"number": placed})
        elif do == "lock":
            count = allocation_actions.lock_many(plans, keys, by=actor, comment=comment)
            said = ngettext("%(number)s place is locked.", "%(number)s places are locked.", count)
            messages.success(request, said % {"number": count})
        elif do == "unlock":
            count = allocation_actions.unlock_many(plans, keys, by=actor, comment=comment)
            said = ngettext("%(number)s place is free to move.", "%(number)s places are free to move.", count)
            messages.success(request, said % {"number": count})
        else:
            raise Http404
    except ValidationError as refused:
        messages.error(request, "；".join(refused.messages))
    return redirect(back)


def _column(run: AllocationRun, shown: AllocationRun | None, last: AllocationRun | None, prefix: str) -> dict[str, Any]:
    told = run.summary
    first = told["by_position"].get("1", 0)
    return {
        "run": run,
        "label": run.get_mode_display(),
        "shown": run == shown,
        "adopted": run == last,
        "url": f"?{prefix}mode={run.mode}#students",
        "told": told,
        "first": first,
        "share": _percent(first, told["students"]),
        "yardstick": run.mode == Mode.FIRST_COME,
        "gap": round(told["objective"] - told["bound"], 1)
        if told["bound"] is not None and not told["optimal"]
        else None,
    }


def _part(
    run: AllocationRun, plan: PracticePlan, shown: AllocationRun | None, last: AllocationRun | None, may: set[int]
) -> dict[str, Any]:
    """What an allocation of several plans gives to one of them; the whole is for whoever may change all of them (ids)."""
    told = next((row for row in run.summary["plans"] if row["plan"] == plan.pk), {})
    others = sorted(run.plans.all(), key=lambda row: row.pk)
    return {
        "run": run,
        "label": run.get_mode_display(),
        "shown": run == shown,
        "adopted": run == last,
        "with": [other.title for other in others if other != plan],
        "told": told,
        "share": _percent(told.get("first", 0), told.get("students", 0)),
        "url": f"?joint={run.pk}#students",
        "page": allocation_jobs.page_of([other.pk for other in others]) if may >= {row.pk for row in others} else "",
    }


def _percent(number: int, of: int) -> int:
    return round(100 * number / of) if of else 0


def _chart(runs: list[AllocationRun]) -> dict[str, Any]:
    """How many got which of their choices, in each way."""
    last = max((int(at) for run in runs for at in run.summary["by_position"]), default=1)
    heads = [_("Choice %(rank)s") % {"rank": at} for at in range(1, last + 1)]
    heads += [_("Outside the choices"), _("Without a place")]

    def counts(run: AllocationRun) -> list[float | None]:
        told = run.summary
        return [*(told["by_position"].get(str(at), 0) for at in range(1, last + 1)), told["outside"], told["unplaced"]]

    return _bars("allocation-chart", _("Who got which choice"), heads, runs, counts, 0)


def _majors_chart(runs: Sequence[AllocationRun], plans: Sequence[PracticePlan]) -> dict[str, Any]:
    """How the majors fare in each way: the mean choice of those who chose, one after the last without a place; lower is better."""

    def means(run: AllocationRun) -> list[float | None]:
        of = {row["plan"]: row["mean"] for row in run.summary["plans"]}
        return [of.get(plan.pk) for plan in plans]

    heads = [plan.major.name for plan in plans]
    return _bars("allocation-majors", _("How the majors fare"), heads, runs, means, 2)


def _bars(
    key: str,
    title: str,
    heads: list[str],
    runs: Sequence[AllocationRun],
    numbers: Callable[[AllocationRun], list[float | None]],
    places: int,
) -> dict[str, Any]:
    """Bars of the ways beside one another, with the table behind them."""
    series = [
        {
            "type": "bar",
            "name": str(run.get_mode_display()),
            "itemStyle": {"color": COLOURS[run.mode], "borderRadius": 2},
            "barMaxWidth": 26,
            "data": numbers(run),
        }
        for run in runs
    ]
    return {
        "id": key,
        "title": title,
        "css": "",
        "option": {
            "grid": {"left": 8, "right": 16, "top": 34, "bottom": 4, "containLabel": True},
            "legend": {"type": "scroll", "top": 0, "right": 0},
            "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
            "xAxis": {"type": "category", "data": heads},
            "yAxis": {"type": "value", "min": 0, "minInterval": 0 if places else 1},
            "series": series,
        },
        "heads": [_("Way of allocating"), *heads],
        "rows": [
            [run.get_mode_display(), *("—" if at is None else f"{at:.{places}f}" for at in numbers(run))]
            for run in runs
        ],
    }


def _majors(run: AllocationRun, plans: Sequence[PracticePlan], part: PracticePlan | None) -> list[dict[str, Any]]:
    """The majors of an answer with their classes; of one plan, its classes where there are several."""
    rows = [row for row in run.summary["plans"] if part is None or row["plan"] == part.pk]
    if len(rows) < 2 and not (rows and len(rows[0]["classes"]) > 1):
        return []
    names = {plan.pk: plan for plan in plans}
    classes = Cohort.objects.in_bulk([item["class"] for row in rows for item in row["classes"]])

    def line(row: dict[str, Any], name: str) -> dict[str, Any]:
        return {**row, "name": name, "share": _percent(row["first"], row["students"])}

    return [
        {
            **line(row, names[row["plan"]].major.name),
            "lines": [line(item, str(classes.get(item["class"], "—"))) for item in row["classes"]],
        }
        for row in rows
        if row["plan"] in names
    ]


def _worst(run: AllocationRun | None) -> str:
    if run is None or not run.summary.get("worst"):
        return ""
    group, mean = run.summary["worst"]
    said = {"mean": f"{mean:.2f}"}
    if run.summary.get("fair") == MAJORS:
        major = Major.objects.filter(pk=group).first()
        return _("The major that fares worst is %(major)s: choice %(mean)s on the mean.") % {
            "major": major.name if major else "—",
            **said,
        }
    found = Cohort.objects.filter(pk=group).first()
    return _("The class that fares worst is %(class)s: choice %(mean)s on the mean.") % {"class": found or "—", **said}


def _table(
    request: HttpRequest, plans: Sequence[PracticePlan], run: AllocationRun, part: PracticePlan | None
) -> dict[str, Any]:
    """One page of students with place and reason; `only=none` those without, `only=locked` the locked."""
    only = request.GET.get("only", "")
    keys = [int(key) for key in run.answer]
    rows = Student.objects.filter(pk__in=keys).select_related("cohort").order_by("number")
    if part is not None:
        rows = rows.filter(cohort__in=part.cohorts.all())
    if query := request.GET.get("q", "").strip():
        rows = rows.filter(name__icontains=query) | rows.filter(number__startswith=query)
    if only == "none":
        rows = rows.filter(pk__in=[int(key) for key, told in run.answer.items() if told["post"] is None])
    elif only == "later":
        rows = rows.filter(pk__in=[int(key) for key, told in run.answer.items() if (told["position"] or 99) > 1])
    elif only == "locked":
        rows = rows.filter(placements__plan__in=plans, placements__locked=True, placements__status="proposed")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    standing = {
        row.student_id: row
        for row in Placement.objects.filter(
            plan__in=plans, student__in=[row.pk for row in page], archived_at=None, status__in=Placement.LIVE
        )
    }
    told_of = {student.pk: run.answer[str(student.pk)] for student in page}
    posts = names_of_posts(
        {told["post"] for told in told_of.values()}
        | {row["post"] for told in told_of.values() for row in told["choices"]}
        | {row.post_id for row in standing.values()}
    )
    of_cohort = dict(
        PracticePlan.cohorts.through.objects.filter(practiceplan__in=plans).values_list("cohort", "practiceplan")
    )
    lines = []
    for student in page:
        told = told_of[student.pk]
        placement = standing.get(student.pk)
        lines.append(
            {
                "student": student,
                # The plan by whose page an appeal is heard.
                "plan": of_cohort.get(student.cohort_id),
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


def names_of_posts(keys: set[int | None]) -> dict[int, str]:
    """Posts (ids) with their firms, as pages name them."""
    rows = Post.objects.filter(pk__in=keys - {None}).values_list("pk", "title", "organisation__name")
    return {pk: f"{title} · {firm}" for pk, title, firm in rows}
