"""The allocation as long work that a page watches. Safe to run twice."""

from __future__ import annotations

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from procrastinate.contrib.django import app

from zhixing.kernel import progress as watching
from zhixing.kernel.flow import FlowError
from zhixing.org.actors import actor_for
from zhixing.org.models import User
from zhixing.practice import allocating, allocation_actions
from zhixing.practice.allocations import AllocationRun
from zhixing.practice.plans import PracticePlan


def page_of(plans: list[int]) -> str:
    """Where the allocation of a plan, or of several together, is looked at."""
    if len(plans) == 1:
        return reverse("practice-allocation", args=plans)
    query = QueryDict(mutable=True)
    query.setlist("plan", [str(pk) for pk in sorted(plans)])
    return f"{reverse('practice-joint')}?{query.urlencode()}"


@app.task(queue="default")
def allocate_plans(progress: int, plans: list[int], fair: str, user: int) -> None:
    """Solve plans (ids) together in all modes for a user (id), who is told when it is done. Nothing is placed by it."""
    with watching.running(progress, refusals=(FlowError,)) as report:
        if report is None:
            return
        rows = list(PracticePlan.objects.select_related("major").filter(pk__in=plans).order_by("pk"))
        allocation_actions.refuse(rows, actor_for(User.objects.select_related("person").get(pk=user)))
        allocating.run(rows, tuple(AllocationRun.Mode.values), user=user, fair=fair, report=report)
        report.finish(page_of(plans), _("The ways of allocating stand side by side."))


@app.task(queue="default")
def allocate_named(progress: int, plans: list[int], mode: str, fair: str, adopt: bool, comment: str, user: int) -> None:
    """Solve plans (ids) together in one mode for a user (id) and keep the answer; with `adopt` it is made into placements."""
    with watching.running(progress, refusals=(FlowError,)) as report:
        if report is None:
            return
        rows = list(PracticePlan.objects.select_related("major").filter(pk__in=plans).order_by("pk"))
        by = actor_for(User.objects.select_related("person").get(pk=user))
        if adopt:
            allocation_actions.refuse(rows, by)
        (run,) = allocating.run(rows, (mode,), user=user, fair=fair, report=report)
        said = _("Nothing is placed by it yet.")
        if adopt:
            placed = allocation_actions.adopt(run, by=by, comment=comment)
            said = ngettext("%(number)s student has a place.", "%(number)s students have a place.", placed)
            said %= {"number": placed}
        report.finish(page_of(plans), said)
