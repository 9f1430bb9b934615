"""Long work of this domain: the school's report and a whole evaluation. Both are safe to run twice."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from zhixing.insights import reports
from zhixing.kernel import progress as watching
from zhixing.org.actors import actor_for
from zhixing.org.models import Unit, User
from zhixing.policy.engine import AssessError, assess


@app.task(queue="default")
def make_report(progress: int, unit: int, year: str, kind: str, user: int) -> None:
    """Make and file a report for a user (id), who is told when it is done."""
    with watching.running(progress, refusals=(AssessError,)) as report:
        if report is None:
            return
        actor = actor_for(User.objects.select_related("person").get(pk=user))
        made = reports.make(Unit.objects.get(pk=unit), year or None, kind, actor, report)
        filed = reports.keep(made, kind, by=actor)
        report.finish(f"{reverse('reports')}?made={filed.pk}", filed.name)


@app.task(queue="default")
def assess_now(progress: int) -> None:
    """Evaluate every rule for every unit of the running year."""
    with watching.running(progress, refusals=(AssessError,)) as report:
        if report is None:
            return
        result = assess(progress=report)
        report.finish(
            reverse("home"),
            _("%(found)s standings found, %(written)s of them changed.")
            % {"found": len(result.findings), "written": result.written},
        )
