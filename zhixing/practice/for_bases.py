"""What practice tells the bases: how many students an approved plan sends out, and how many a firm took and hired (D-35, D-40, D-46)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Count, Model, Q
from django.utils.translation import gettext_lazy as _

from zhixing.bases import demand, figures
from zhixing.bases.figures import Figure, rows_url
from zhixing.bases.models import Base
from zhixing.kernel import changes
from zhixing.org.models import Major, Student, Term
from zhixing.practice.placements import Placement
from zhixing.practice.plans import PracticePlan

_WAITING = (PracticePlan.Status.DRAFT, PracticePlan.Status.SUBMITTED)
# Who was at work: one who left early and was placed again counts once, by the later place.
_AT_WORK = [Placement.Status.RUNNING, Placement.Status.ENDED, Placement.Status.GRADED]


def falls_in(starts_on: date, ends_on: date, terms: Iterable[Term]) -> list[Term]:
    """The terms in which a practice needs its places: those it fills by half, else the one it shares most days with.

    A practice within a holiday belongs to the term after it. `terms` are in order.
    """
    shared: list[tuple[int, Term]] = []
    filled: list[Term] = []
    later: list[Term] = []
    for term in terms:
        days = (min(ends_on, term.ends_on) - max(starts_on, term.starts_on) + timedelta(days=1)).days
        if days > 0:
            shared.append((days, term))
            if 2 * days >= (term.ends_on - term.starts_on).days + 1:
                filled.append(term)
        elif term.starts_on > ends_on:
            later.append(term)
    if filled or not shared:
        return filled or later[:1]
    return [max(shared, key=lambda one: one[0])[1]]


def plan_demand(plan: PracticePlan, *, keep_edited: bool = False) -> None:
    """Tell the planner of places how many students are due by this plan and the others of its major and kind (D-40).

    The plan is approved, or is just being so. Students are the enrolled ones of the cohorts, each counted once.
    """
    terms = list(Term.objects.filter(archived_at=None).order_by("starts_on"))
    same = PracticePlan.objects.filter(major=plan.major_id, kind=plan.kind, archived_at=None)
    plans = [plan, *same.exclude(status__in=_WAITING).exclude(pk=plan.pk)]
    falls = {one.pk: {term.pk for term in falls_in(one.starts_on, one.ends_on, terms)} for one in plans}
    for term in falls[plan.pk]:
        students = Student.objects.filter(
            cohort__practice_plans__in=[key for key, fallen in falls.items() if term in fallen],
            status=Student.Status.ENROLLED,
            archived_at=None,
        )
        demand.plan(plan.major_id, term, plan.kind, students.distinct().count(), keep_edited=keep_edited)
    demand.release(plan.major_id, plan.kind, set().union(*falls.values()))


def plans_changed(model: type[Model], keys: set[int]) -> None:
    """Other cohorts or days of an approved plan: other students due, or in other terms. Told after each commit."""
    if model is PracticePlan:
        for plan in PracticePlan.objects.filter(pk__in=keys, archived_at=None).exclude(status__in=_WAITING):
            plan_demand(plan, keep_edited=True)


def of_term(major: Major, term: Term) -> list[Figure]:
    """Placements of a major at work in a term, the firms that had them, and who was hired when it ended (D-46)."""
    rows = Placement.objects.filter(
        plan__major=major, starts_on__lte=term.ends_on, ends_on__gte=term.starts_on, archived_at=None
    )
    at_work = Q(status__in=_AT_WORK)
    hired = Q(hired=Placement.Hired.HIRED, ends_on__lte=term.ends_on)
    told = rows.aggregate(
        placed=Count("pk", filter=at_work),
        firms=Count("post__organisation", filter=at_work, distinct=True),
        kept=Count("pk", filter=hired),
    )
    span = {"plan__major": major.pk, "ends_on_from": term.starts_on}
    url = rows_url(Placement, **span, starts_on_to=term.ends_on, status=_AT_WORK)
    kept = rows_url(Placement, **span, ends_on_to=term.ends_on, hired=Placement.Hired.HIRED)
    return [
        Figure("placed", _("placements in practice"), told["placed"], "", url),
        Figure("firms", _("firms with students in practice"), told["firms"], "", url),
        Figure("kept", _("students hired after practice"), told["kept"], "", kept),
    ]


def of_firm(base: Base, year: int, giver: str) -> list[Figure]:
    """What the base's firm did for students in practice in a calendar year: took them, and hired them afterwards (D-35)."""
    if giver != "firm" or base.organisation_id is None:
        return []
    first, last = date(year, 1, 1), date(year, 12, 31)
    began = Q(status__in=_AT_WORK, starts_on__range=(first, last))
    hired = Q(hired=Placement.Hired.HIRED, ends_on__range=(first, last))
    told = Placement.objects.filter(post__organisation=base.organisation_id, archived_at=None).aggregate(
        placed=Count("pk", filter=began), kept=Count("pk", filter=hired)
    )
    span = {"post__organisation": base.organisation_id}
    url = rows_url(Placement, **span, starts_on_from=first, starts_on_to=last, status=_AT_WORK)
    kept = rows_url(Placement, **span, ends_on_from=first, ends_on_to=last, hired=Placement.Hired.HIRED)
    return [
        Figure("placed", _("students who began practice at the firm"), told["placed"], "", url),
        Figure("kept", _("students hired after practice"), told["kept"], "", kept),
    ]


def register() -> None:
    """Let summaries and statements count practice, and the planner follow what becomes of plans."""
    figures.register("summary", of_term)
    figures.register("statement", of_firm)
    changes.listen(plans_changed)
