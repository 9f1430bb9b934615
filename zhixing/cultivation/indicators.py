"""What the policy counts in cultivation: R21 training models, R22 reviews and risks of apprenticeships, R23 joint plans."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta

from django.db.models import BooleanField, Case, Exists, F, Model, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest, Least

from zhixing.cultivation import apprenticeship_queries, queries, risk_signals
from zhixing.cultivation.models import (
    Apprenticeship,
    EnterpriseProject,
    OrderClass,
    PlanSignature,
    ProjectUse,
    QualityReview,
    Risk,
)
from zhixing.cultivation.risks import Grade
from zhixing.kernel import measures
from zhixing.kernel.measures import Measure, Parameters, Window, present_and_past
from zhixing.org.models import Major


def classes_run(window: Window) -> QuerySet:
    """Order classes that ran on some day of the window of which anything is known."""
    return queries.ran(window.starts_on, window.known_until)


def programmes_run(window: Window) -> QuerySet:
    """Apprenticeships that ran on some day of the window of which anything is known."""
    return apprenticeship_queries.ran(window.starts_on, window.known_until)


# R21 -------------------------------------------------------------------------------------------------------------

# Every form of training with firms that ran in a window: rows with a `major`. A further form joins by one line here,
# its models in `sources` and its units in `_colleges`.
FORMS: list[Callable[[Window], QuerySet]] = [classes_run, programmes_run]


def training_models(window: Window, parameters: Parameters) -> QuerySet:
    """Majors that train with a firm, in an order class or another form; each opens its classes."""
    trains = Q(pk=None)
    for form in FORMS:
        trains |= Q(Exists(form(window).filter(major=OuterRef("pk"))))
    return Major.objects.filter(trains, archived_at=None).annotate(unit_key=F("unit"))


def training_models_to_come(window: Window, parameters: Parameters) -> QuerySet:
    """Order classes on file that have not begun and are to begin within the window."""
    status = OrderClass.Status
    rows = OrderClass.objects.filter(
        status__in=(status.PLANNED, status.RECRUITING, status.MATCHED), archived_at=None, starts_on__lte=window.ends_on
    )
    return rows.annotate(unit_key=F("major__unit"), on=Greatest("starts_on", Value(window.as_of)))


def _colleges(model: type[Model], keys: Collection[int]) -> set[int] | None:
    if model in (OrderClass, Apprenticeship):
        return present_and_past(model, keys, "major__unit_id")
    return present_and_past(Major, keys, "unit_id") if model is Major else None


MODELS = Measure(
    key="cultivation.training_models",
    scope="college",
    evidence=training_models,
    mends=training_models_to_come,
    sources=(OrderClass, Apprenticeship, Major),
    units_touched=_colleges,
)


# R22 -------------------------------------------------------------------------------------------------------------

# A programme that runs for less of a term than this is not reviewed in it.
_LEAST_DAYS = timedelta(days=28)


def _reviews(window: Window) -> QuerySet:
    """The window's reviews, under a programme."""
    rows = QualityReview.objects.filter(programme=OuterRef("pk"), archived_at=None)
    return rows.filter(due__range=(window.starts_on, window.ends_on))


def _undone(window: Window) -> QuerySet:
    return _reviews(window).filter(Q(done_on=None) | Q(done_on__gt=window.as_of))


def reviewed_programmes(window: Window, parameters: Parameters) -> QuerySet:
    """Programmes that ran; in order when school, firm and apprentices have reviewed, no review is late, and no high risk
    is past its day. A review made late counts from the day on which it was made."""
    last = min(window.ends_on - _LEAST_DAYS, window.known_until)
    rows = apprenticeship_queries.ran(window.starts_on + _LEAST_DAYS, last)
    heard = Q()
    for side in QualityReview.Side.values:
        heard &= Q(Exists(_reviews(window).filter(side=side, done_on__lte=window.as_of)))
    late = Exists(_undone(window).filter(due__lt=window.as_of))
    in_order = heard & ~Q(late) & ~Q(risk_signals.high_and_late(window.as_of))
    return rows.annotate(
        unit_key=F("pk"),
        in_order=Case(When(in_order, then=Value(True)), default=Value(False), output_field=BooleanField()),
    )


def reviews_due(window: Window, parameters: Parameters) -> QuerySet:
    """The first day that is missed or to be kept: of a review not made, of a high risk past its own, at last the term's end."""
    risks = Risk.objects.filter(
        Q(closed_on=None) | Q(closed_on__gt=window.as_of),
        apprenticeship=OuterRef("pk"),
        grade=Grade.HIGH,
        due__lt=window.as_of,
        archived_at=None,
    )
    rows = reviewed_programmes(window, parameters).filter(in_order=False)
    first_review = Subquery(_undone(window).order_by("due").values("due")[:1])
    first_risk = Subquery(risks.order_by("due").values("due")[:1])
    return rows.annotate(date=Least(first_review, first_risk, Value(window.ends_on)))


def _programmes(model: type[Model], keys: Collection[int]) -> set[int] | None:
    if model is Apprenticeship:
        return set(keys)
    if model is QualityReview:
        return present_and_past(QualityReview, keys, "programme_id")
    return present_and_past(Risk, keys, "apprenticeship_id") if model is Risk else None


REVIEWS = Measure(
    key="cultivation.apprenticeship_reviews",
    scope="apprenticeship",
    kind="share",
    evidence=reviewed_programmes,
    due_on=reviews_due,
    sources=(Apprenticeship, QualityReview, Risk),
    units_touched=_programmes,
)


# R23 -------------------------------------------------------------------------------------------------------------


def _uses(window: Window) -> QuerySet:
    rows = ProjectUse.objects.filter(
        queries.real("project"), archived_at=None, project__archived_at=None, used_on__gte=window.starts_on
    )
    return queries.of_class(rows)


def joint_plans(window: Window, parameters: Parameters) -> QuerySet:
    """Order classes that ran; in order when their plan is signed by the ordering firm and a real project was used."""
    signed = queries.signatures_of_class().filter(signed_on__lte=window.as_of)
    used = _uses(window).filter(used_on__lte=window.known_until)
    return classes_run(window).annotate(
        unit_key=F("pk"),
        in_order=Case(
            When(Exists(signed) & Exists(used), then=Value(True)), default=Value(False), output_field=BooleanField()
        ),
    )


def joint_plans_due(window: Window, parameters: Parameters) -> QuerySet:
    """What is lacking must be there before the class ends, at the latest by the end of the year."""
    rows = joint_plans(window, parameters).filter(in_order=False)
    return rows.annotate(date=Least("ends_on", Value(window.ends_on)))


def joint_plans_to_come(window: Window, parameters: Parameters) -> QuerySet:
    """Uses of real projects entered for a later day, for classes whose plan is signed."""
    rows = ProjectUse.objects.filter(
        queries.real("project"),
        archived_at=None,
        project__archived_at=None,
        used_on__gt=window.as_of,
        used_on__lte=window.ends_on,
    ).annotate(unit_key=Coalesce("order_class", "course__plan__order_classes"), on=F("used_on"))
    ready = classes_run(window).filter(Exists(queries.signatures_of_class()))
    return rows.filter(unit_key__in=ready.order_by().values("pk"))


def _classes(model: type[Model], keys: Collection[int]) -> set[int] | None:
    if model is OrderClass:
        return set(keys)
    if model is PlanSignature:
        return present_and_past(PlanSignature, keys, "plan__order_classes")
    if model is EnterpriseProject:
        keys = set(ProjectUse._base_manager.filter(project__in=keys).values_list("pk", flat=True))
        model = ProjectUse
    if model is ProjectUse:
        own = present_and_past(ProjectUse, keys, "order_class_id")
        return own | present_and_past(ProjectUse, keys, "course__plan__order_classes")
    return None


JOINT_PLANS = Measure(
    key="cultivation.joint_training_plans",
    scope="order_class",
    kind="share",
    evidence=joint_plans,
    mends=joint_plans_to_come,
    due_on=joint_plans_due,
    sources=(OrderClass, PlanSignature, ProjectUse, EnterpriseProject),
    units_touched=_classes,
)

MEASURES = (MODELS, REVIEWS, JOINT_PLANS)


def register() -> None:
    """Make cultivation's measures known to the policy engine."""
    for measure in MEASURES:
        measures.register(measure)
