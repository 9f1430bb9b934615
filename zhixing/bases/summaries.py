"""What a term summary is written from: the numbers of a major's bases in a term, and a first text that names them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, Min, Q, Sum
from django.db.models.functions import NullIf
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from zhixing.bases import figures, queries
from zhixing.bases.figures import Figure, as_number, rows_url
from zhixing.bases.models import (
    Base,
    BaseRecognition,
    BaseUse,
    Booking,
    PlaceCapacity,
    PracticeDemand,
    SafetyCheck,
    TermSummary,
)
from zhixing.org.models import Major, Term

PARTS = ("overview", "results", "problems", "next_steps")
# Words and unit of the numbers that bases count; other rooms of the house bring theirs (`figures.register`).
WORDS: dict[str, tuple[Any, Any]] = {
    "bases": (gettext_lazy("bases off the campus"), ""),
    "new_bases": (gettext_lazy("new bases"), ""),
    "places": (pgettext_lazy("of a base", "places"), ""),
    "students": (gettext_lazy("students due"), ""),
    "coverage": (gettext_lazy("places for students in the scarcest kind"), "%"),
    "hours": (gettext_lazy("hours used"), ""),
    "people": (pgettext_lazy("a number", "people"), ""),
    "bookings": (gettext_lazy("bookings"), ""),
    "checks": (gettext_lazy("safety checks"), ""),
    "late_checks": (gettext_lazy("safety checks late"), ""),
    "demo_bases": (gettext_lazy("demonstration bases"), ""),
}


def _figure(key: str, value: float, url: str) -> Figure:
    label, unit = WORDS[key]
    return Figure(key, label, value, unit, url)


def of(major: Major, term: Term) -> list[Figure]:
    """The numbers of a major's bases in a term, each with its rows."""
    first, last = term.starts_on, term.ends_on
    bases = queries.in_use(last, Base.objects.filter(Q(majors=major) | Q(primary_major=major))).distinct()
    known = list(bases.values_list("pk", "kind", "starts_on"))
    keys = [key for key, _kind, _since in known]
    since = [since for _key, kind, since in known if kind == Base.Kind.OFF_CAMPUS and since]
    capacities = queries.capacities().filter(major=major, term=term)
    demand = PracticeDemand.objects.filter(major=major, term=term, archived_at=None)
    due = demand.annotate(places=queries.places_for()).aggregate(
        total=Sum("students"), least=Min(F("places") * 100 / NullIf(F("students"), 0))
    )
    uses = BaseUse.objects.filter(major=major, used_on__range=(first, last), archived_at=None)
    used = uses.aggregate(hours=Sum("hours"), people=Sum("people"))
    span = {"used_on_from": first, "used_on_to": last}
    bookings = Booking.objects.filter(
        major=major, day__range=(first, last), status=Booking.Status.BOOKED, archived_at=None
    )
    checks = SafetyCheck.objects.filter(base__in=keys, due__range=(first, last), archived_at=None)
    checked = checks.aggregate(
        number=Count("pk"), late=Count("pk", filter=Q(done_on=None, due__lt=last) | Q(done_on__gt=F("due")))
    )
    demo = queries.recognised(last).filter(major=major)
    found = [
        _figure("bases", len(since), rows_url(Base, majors=major.pk)),
        _figure(
            "new_bases",
            sum(first <= day <= last for day in since),
            rows_url(Base, majors=major.pk, starts_on_from=first, starts_on_to=last),
        ),
        _figure(
            "places",
            as_number(capacities.aggregate(total=Sum("places"))["total"]),
            rows_url(PlaceCapacity, major=major.pk, term=term.pk),
        ),
        _figure(
            "students",
            as_number(due["total"]),
            rows_url(PracticeDemand, major=major.pk, term=term.pk),
        ),
        _figure(
            "coverage",
            as_number(due["least"]),
            rows_url(PracticeDemand, major=major.pk, term=term.pk),
        ),
        _figure(
            "hours",
            as_number(used["hours"]),
            rows_url(BaseUse, major=major.pk, **span),
        ),
        _figure(
            "people",
            as_number(used["people"]),
            rows_url(BaseUse, major=major.pk, **span),
        ),
        _figure(
            "bookings",
            bookings.count(),
            rows_url(Booking, major=major.pk, day_from=first, day_to=last, status="booked"),
        ),
        _figure(
            "checks",
            checked["number"],
            rows_url(SafetyCheck, base__majors=major.pk, due_from=first, due_to=last),
        ),
        _figure(
            "late_checks",
            checked["late"],
            rows_url(SafetyCheck, base__majors=major.pk, due_from=first, due_to=last),
        ),
        _figure(
            "demo_bases",
            demo.count(),
            rows_url(BaseRecognition, major=major.pk, status="recognised"),
        ),
    ]
    return [*found, *figures.added("summary", major=major, term=term)]


def draft(major: Major, term: Term, known: list[Figure] | None = None) -> dict[str, str]:
    """A first text of the four parts, by the numbers of the term; numbers that say nothing are left out."""
    told = {figure.key: figure for figure in (of(major, term) if known is None else known)}
    overview = [
        _("In %(term)s the major %(major)s had [[bases]] bases off the campus in use, [[new_bases]] of them new.")
        % {"term": term, "major": major.name},
        _(
            "[[students]] students were due for practice; the bases offered [[places]] places, [[coverage]] of the students in the scarcest kind."
        ),
    ]
    results = [_("The bases were used for [[hours]] hours by [[people]] people; [[bookings]] times rooms were booked.")]
    if told["demo_bases"].value:
        results.append(_("[[demo_bases]] demonstration bases are recognised for the major."))
    others = [figure for figure in told.values() if figure.key not in WORDS and figure.value]
    if others:
        results.append("；".join(f"{figure.label} [[{figure.key}]]" for figure in others) + "。")
    problems = []
    if told["students"].value and (told["coverage"].value or 0) < 100:
        problems.append(_("The places cover only [[coverage]] of the students in the scarcest kind of practice."))
    if told["late_checks"].value:
        problems.append(_("[[late_checks]] of [[checks]] safety checks were late."))
    if not told["demo_bases"].value:
        problems.append(_("The major has no demonstration base yet."))
    steps = []
    if (told["coverage"].value or 0) < 110:
        steps.append(_("Win further places for the coming term before it begins."))
    if not told["demo_bases"].value:
        steps.append(_("Grow the base nearest to the criteria into a demonstration base."))
    if told["late_checks"].value:
        steps.append(_("Do every safety check by its day."))
    texts = (overview, results, problems or [_("Nothing out of the ordinary.")], steps or [_("Keep what stands.")])
    return {part: "\n".join(lines) for part, lines in zip(PARTS, texts, strict=True)}


def figures_of(summary: TermSummary) -> dict[str, Figure]:
    """The numbers a summary may name: of today while it is written, afterwards what was frozen when it was handed in."""
    if summary.status == TermSummary.Status.DRAFT:
        return {figure.key: figure for figure in of(summary.major, summary.term)}
    return figures.thaw(summary.figures, WORDS, [getattr(summary, part) for part in PARTS])
