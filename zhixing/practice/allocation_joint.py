"""The page of plans that are allocated together: choose them, run, compare how the majors fare, adopt for all or none."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zhixing.kernel.scope import Actor
from zhixing.kernel.typed import wholes
from zhixing.org.models import Student
from zhixing.practice import allocation_actions, allocation_screens
from zhixing.practice.allocations import TYPE
from zhixing.practice.placements import Preference
from zhixing.practice.plans import PracticePlan
from zhixing.practice.posts import OPEN, SHARE_COUNTS, Post, PostShare


@require_http_methods(["GET", "POST"])
def joint_page(request: HttpRequest) -> HttpResponse:
    """Plans allocated together (`plan`, repeated): ways side by side; without plans, which there are to choose from."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.can(TYPE):
        raise PermissionDenied(_("Your role does not include this."))
    keys = set(wholes(request.GET.getlist("plan")))
    rows = PracticePlan.objects.filter(pk__in=keys, archived_at=None).select_related("major__unit")
    plans = list(rows.visible_to(actor, "change").order_by("pk"))  # type: ignore[attr-defined]
    if len(plans) < len(keys):
        raise Http404
    if request.method == "POST" and not plans:
        raise Http404
    if len(plans) == 1:
        return redirect("practice-allocation", plans[0].pk)
    crumbs = [{"label": _("Joint allocation"), "url": reverse("practice-joint") if plans else ""}]
    if not plans:
        return render(request, "practice/joint.html", {"groups": _groups(actor), "crumbs": crumbs})
    try:
        allocation_actions.refuse_mixed(plans)
    except ValidationError as refused:
        messages.error(request, "；".join(refused.messages))
        return redirect("practice-joint")
    names = "、".join(plan.major.name for plan in plans)
    if request.method == "POST":
        return allocation_screens.act(request, plans, actor, _("Allocate %(majors)s together") % {"majors": names})
    query = QueryDict(mutable=True)
    query.setlist("plan", [str(plan.pk) for plan in plans])
    context = {
        **allocation_screens.context_of(request, plans, f"{query.urlencode()}&"),
        "title": _("Joint allocation"),
        "sub": f"{plans[0].year} · {plans[0].get_kind_display()} · {names}",
        "waiting": [plan.title for plan in plans if plan.status not in allocation_actions.OPEN],
        "crumbs": [*crumbs, {"label": names, "url": ""}],
    }
    return render(request, "practice/allocation.html", context)


def _groups(actor: Actor) -> list[dict[str, Any]]:
    """The plans that the actor may allocate, by year and kind, with what each brings; linked ones are ticked beforehand."""
    enrolled = Q(cohorts__students__status=Student.Status.ENROLLED, cohorts__students__archived_at=None)
    plans = list(
        allocation_actions.may_allocate(actor)
        .select_related("major__unit", "year")
        .annotate(size=Count("cohorts__students", distinct=True, filter=enrolled))
        .order_by("-year__starts_on", "kind", "major__unit__code", "code")
    )
    keys = [plan.pk for plan in plans]
    wishes = Preference.objects.filter(plan__in=keys, archived_at=None).order_by()
    chosen = dict(wishes.values_list("plan").annotate(Count("student", distinct=True)))
    open_now = Post.objects.filter(OPEN, plan__in=keys).order_by()
    posts = Counter(dict(open_now.values_list("plan").annotate(Count("pk"))))
    shared: dict[int, set[int]] = {}
    pairs = PostShare.objects.filter(SHARE_COUNTS, post__archived_at=None, post__status=Post.Status.APPROVED)
    for post, own, other in pairs.filter(Q(plan__in=keys) | Q(post__plan__in=keys)).values_list(
        "post", "post__plan", "plan"
    ):
        if own != other:
            posts[other] += 1
            shared.setdefault(own, set()).add(post)
            shared.setdefault(other, set()).add(post)
    groups: dict[tuple[int, str], dict[str, Any]] = {}
    for plan in plans:
        label = f"{plan.year} · {plan.get_kind_display()}"
        group = groups.setdefault((plan.year_id, plan.kind), {"label": label, "plans": []})
        group["plans"].append(
            {
                "plan": plan,
                "students": plan.size,  # type: ignore[attr-defined]
                "chosen": chosen.get(plan.pk, 0),
                "posts": posts[plan.pk],
                "shared": len(shared.get(plan.pk, ())),
            }
        )
    for group in groups.values():
        # What is linked, and what students have chosen in, comes first.
        group["plans"].sort(key=lambda row: (not row["shared"], not row["chosen"]))
    return [group for group in groups.values() if len(group["plans"]) > 1]
