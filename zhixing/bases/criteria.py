"""How near a base is to being a demonstration base of a level: facts from records beside the criteria, which are data."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Avg, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from zhixing.bases import queries
from zhixing.bases.figures import Figure, as_number, rows_url, thaw
from zhixing.bases.models import (
    Base,
    BaseRecognition,
    BaseUse,
    Contribution,
    Guide,
    Level,
    PlaceCapacity,
    PracticeKind,
    RecognitionCriterion,
    RecognitionReview,
    SafetyCheck,
)
from zhixing.kernel.fields import MoneyField
from zhixing.org.models import Major

Measure = RecognitionCriterion.Measure
# 大类 of the catalogue that other provinces' rules count as humanities and arts: 53 trade to 59 public services.
_ARTS = tuple(str(n) for n in range(53, 60))
_YEAR = timedelta(days=365)


def branch_of(major: Major) -> str:
    """Whether a major counts as science or as arts, by the first two digits of its code."""
    return RecognitionCriterion.Branch.ARTS if major.code.startswith(_ARTS) else RecognitionCriterion.Branch.SCIENCE


def _one(rows: QuerySet, value: Any, output: Any) -> Any:
    """A number over rows that hang on a base, as a subquery of the base: all facts are one question."""
    counted = rows.filter(base=OuterRef("pk"), archived_at=None).order_by().values("base").annotate(n=value).values("n")
    return Coalesce(Subquery(counted, output_field=output), 0, output_field=output)


def facts(base: Base, major: Major, on: date, score: Any = None) -> dict[str, Figure]:
    """What each criterion measures, of a base on a day, with its rows. One query."""
    since = on - _YEAR
    posts = queries.capacities((base.kind,)).filter(
        major=major, kind=PracticeKind.POST, term__starts_on__range=(since, on)
    )
    firm = Contribution.objects.filter(party=Contribution.Party.FIRM, accepted_on__lte=on, settled_on=None)
    guides = queries.guiding(on)
    used = BaseUse.objects.filter(used_on__range=(since, on))
    checks = SafetyCheck.objects.filter(due__range=(since, on))
    whole, money = IntegerField(), MoneyField()
    counted: Any = (
        Base._base_manager.filter(pk=base.pk)
        .values("pk")
        .annotate(
            posts=_one(posts, Sum("places"), whole),
            value=_one(firm, Sum("delivered_value"), money),
            guiding=_one(guides, Count("pk"), whole),
            proven=_one(guides.filter(queries.proven_guide(on)), Count("pk"), whole),
            functions=_one(used, Count("function", distinct=True), whole),
            checks=_one(checks, Count("pk"), whole),
            timely=_one(checks.filter(done_on__lte=F("due")), Count("pk"), whole),
        )
        .first()
    ) or defaultdict(int)
    here = {"base": base.pk}

    def share(part: str, all_of_it: str) -> float:
        return round(100 * counted[part] / counted[all_of_it], 1) if counted[all_of_it] else 0

    measured: dict[str, tuple[float, str]] = {
        Measure.YEARS: (
            round((on - base.starts_on).days / 365.25, 1) if base.starts_on and base.starts_on <= on else 0,
            rows_url(Base, code=base.code),
        ),
        Measure.INTERNS: (
            as_number(counted["posts"]),
            rows_url(PlaceCapacity, **here, major=major.pk, kind=PracticeKind.POST),
        ),
        Measure.VALUE: (
            as_number(counted["value"]),
            rows_url(Contribution, **here, party=Contribution.Party.FIRM),
        ),
        Measure.GUIDES: (share("proven", "guiding"), rows_url(Guide, **here)),
        Measure.FUNCTIONS: (
            as_number(counted["functions"]),
            rows_url(BaseUse, **here, used_on_from=since, used_on_to=on),
        ),
        Measure.SAFETY: (share("timely", "checks"), rows_url(SafetyCheck, **here)),
        Measure.SCORE: (as_number(score), ""),
    }
    words = _words()
    return {
        str(key): Figure(str(key), words[key][0], value, words[key][1], url) for key, (value, url) in measured.items()
    }


def known(recognition: BaseRecognition, on: date) -> dict[str, Figure]:
    """The facts of an application: of today while it is written, afterwards what was frozen when it was handed in."""
    if recognition.status == BaseRecognition.Status.GROWING:
        return facts(recognition.base, recognition.major, on, recognition.score)
    words = _words()
    told = thaw(recognition.figures, words, [recognition.statement])
    told[str(Measure.SCORE)] = Figure(str(Measure.SCORE), words[Measure.SCORE][0], as_number(recognition.score))
    return told


def _words() -> dict[str, tuple[Any, Any]]:
    """Label and unit of each measure in the reader's language."""
    units: dict[str, str] = {Measure.VALUE: _("yuan"), Measure.GUIDES: "%", Measure.SAFETY: "%"}
    return {str(key): (label, units.get(key, "")) for key, label in Measure.choices}


@dataclass(frozen=True)
class Check:
    """One criterion beside what the base has."""

    criterion: RecognitionCriterion
    figure: Figure

    @property
    def met(self) -> bool:
        return self.figure.value is not None and self.figure.value >= float(self.criterion.minimum)


def in_force(level: str, branches: list[str], on: date) -> list[RecognitionCriterion]:
    """The criteria of a level on a day: of each measure and branch the latest that holds."""
    rows = RecognitionCriterion.objects.filter(
        level=level, branch__in=branches, holds_from__lte=on, archived_at=None
    ).order_by("measure", "branch", "-holds_from")
    latest: dict[tuple[str, str], RecognitionCriterion] = {}
    for row in rows:
        latest.setdefault((row.measure, row.branch), row)
    return list(latest.values())


def check(
    recognition: BaseRecognition, on: date, with_score: bool = True, told: dict[str, Figure] | None = None
) -> list[Check]:
    """The criteria of the level for the major, each beside its fact: of today, or as it was handed in."""
    told = known(recognition, on) if told is None else told
    rows = in_force(recognition.level, ["", branch_of(recognition.major)], on)
    words = _words()
    return [
        Check(row, told.get(row.measure) or Figure(row.measure, words[row.measure][0], None))
        for row in rows
        if with_score or row.measure != Measure.SCORE
    ]


# How many bases of a major are looked at, the oldest first: one of long standing is nearer than a new one.
_COMPARED = 20


def nearest(major: Major, bases: QuerySet[Base], on: date) -> Base | None:
    """Which of these bases meets most criteria of the school's level for a major and is not on its way yet (D-45).

    Only bases in use that serve the major and may become one; of two alike the older. None where there is none.
    """
    status = BaseRecognition.Status
    begun = BaseRecognition.objects.filter(base=OuterRef("pk"), major=major, archived_at=None).exclude(
        status__in=(status.REFUSED, status.REVOKED)
    )
    serving = bases.filter(Q(primary_major=major) | Q(majors=major), ~Exists(begun), status=Base.Status.IN_USE)
    rows = queries.in_use(on, serving).exclude(kind=Base.Kind.TEACHER).order_by("starts_on", "pk").distinct()

    def met(base: Base) -> int:
        tried = BaseRecognition(base=base, major=major, level=Level.SCHOOL)
        return sum(one.met for one in check(tried, on, with_score=False))

    return max(rows[:_COMPARED], key=met, default=None)


def draft(recognition: BaseRecognition, on: date) -> str:
    """A first text of the application, from records."""
    base, major = recognition.base, recognition.major
    firm = base.organisation.name if base.organisation else _("the school")
    lines = [
        _("%(base)s, with %(firm)s, has served the major %(major)s for [[years]] years.")
        % {"base": base.name, "firm": firm, "major": major.name},
        _("Within a year it offered [[interns]] places for post internships and was used for [[functions]] functions."),
        _("The firm has put in [[value]], accepted by the school. [[guides]] of the guides have their proof."),
        _("[[safety]] of the safety checks were done by their day."),
    ]
    return "\n".join(lines)


def mean_score(recognition: BaseRecognition) -> float | None:
    """The mean of the experts' scores; None before anyone has scored."""
    rows = RecognitionReview.objects.filter(recognition=recognition, reviewed_on__isnull=False, archived_at=None)
    mean = rows.aggregate(mean=Avg("score"))["mean"]
    return None if mean is None else round(float(mean), 1)
