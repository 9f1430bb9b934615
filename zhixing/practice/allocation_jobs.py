"""The allocation as long work that a page watches. Safe to run twice."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from zhixing.kernel import progress as watching
from zhixing.kernel.flow import FlowError
from zhixing.org.actors import actor_for
from zhixing.org.models import User
from zhixing.practice import allocating, allocation_actions
from zhixing.practice.allocations import AllocationRun
from zhixing.practice.plans import PracticePlan


@app.task(queue="default")
def allocate_plan(progress: int, plan: int, fair: bool, user: int) -> None:
    """Solve a plan (id) in all modes for a user (id), who is told when it is done. Nothing is placed by it."""
    with watching.running(progress, refusals=(FlowError,)) as report:
        if report is None:
            return
        row = PracticePlan.objects.select_related("major").get(pk=plan)
        allocation_actions.refuse(row, actor_for(User.objects.select_related("person").get(pk=user)))
        allocating.run(row, tuple(AllocationRun.Mode.values), user=user, fair=fair, report=report)
        report.finish(reverse("practice-allocation", args=[plan]), _("The ways of allocating stand side by side."))
