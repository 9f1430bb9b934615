"""What a firm's mentor has done for students, in numbers and as a letter, and the visits that wait for the mentor's signature."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, IntegerField, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from zhixing.agreements import pdf
from zhixing.agreements.wording import day_words
from zhixing.org.models import School
from zhixing.partners.models import Contact
from zhixing.practice.placements import Placement
from zhixing.practice.running import Visit, WeekEntry

# Papers of the college are in its own language, whoever presses the button.
_LANGUAGE = "zh-hans"
_MENTORED = (
    Placement.Status.RUNNING,
    Placement.Status.ENDED,
    Placement.Status.GRADED,
    Placement.Status.BROKEN,
)


@dataclass
class Line:
    """One practice of one plan under a mentor: how many students, from when until when, weeks and hours they handed in."""

    title: str
    kind: str
    students: int
    starts_on: date
    ends_on: date
    weeks: int
    hours: Decimal


@dataclass(frozen=True)
class Work:
    """A mentor's work for the college, by plan, the latest first."""

    lines: list[Line]

    @property
    def students(self) -> int:
        return sum(line.students for line in self.lines)

    @property
    def weeks(self) -> int:
        return sum(line.weeks for line in self.lines)

    @property
    def hours(self) -> Decimal:
        return sum((line.hours for line in self.lines), Decimal(0))


def work_of(mentor: Contact, today: date) -> Work:
    """Students, weeks and hours under a mentor up to a day; weeks and hours are those that the students handed in. One query."""
    entries = WeekEntry.objects.filter(placement=OuterRef("pk"), archived_at=None).order_by().values("placement")
    rows = (
        Placement.objects.filter(mentor=mentor, status__in=_MENTORED, starts_on__lte=today, archived_at=None)
        .select_related("plan")
        .annotate(
            weeks_in=Coalesce(Subquery(entries.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0),
            hours_in=Coalesce(
                Subquery(entries.annotate(n=Sum("hours")).values("n"), output_field=DecimalField()), Decimal(0)
            ),
        )
        .order_by("-plan__starts_on", "plan", "pk")
    )
    lines: dict[int, Line] = {}
    for row in rows:
        last = min(row.ended_on or row.ends_on, today)
        line = lines.get(row.plan_id)
        if line is None:
            kind = str(row.plan.get_kind_display())
            line = lines[row.plan_id] = Line(row.plan.title, kind, 0, row.starts_on, last, 0, Decimal(0))
        line.students += 1
        line.starts_on, line.ends_on = min(line.starts_on, row.starts_on), max(line.ends_on, last)
        line.weeks += row.weeks_in
        line.hours += row.hours_in
    return Work(list(lines.values()))


def letter_of(mentor: Contact, today: date) -> bytes:
    """The college's letter of thanks as one PDF: what the mentor did, by plan, without any student's name."""
    school = School.objects.order_by("pk").first()
    with translation.override(_LANGUAGE):
        work = work_of(mentor, today)
        thanks = _(
            "%(name)s of %(firm)s has looked after %(students)s students of our school as their mentor, over %(weeks)s "
            "weeks and %(hours)s hours of practice that the students handed in. We confirm this and express our thanks."
        ) % {
            "name": mentor.name,
            "firm": mentor.organisation.name,
            "students": work.students,
            "weeks": work.weeks,
            "hours": f"{work.hours.normalize():f}",
        }
        heads = [
            _("Practice"),
            pgettext("of practice", "Kind"),
            _("From – until"),
            _("Students"),
            pgettext("amount", "Weeks"),
            pgettext("amount", "Hours"),
        ]
        rows = [
            [
                line.title,
                line.kind,
                f"{line.starts_on} – {line.ends_on}",
                str(line.students),
                str(line.weeks),
                f"{line.hours.normalize():f}",
            ]
            for line in work.lines
        ]
        name, day = school.name if school else "", day_words(today)
        title = _("Letter of thanks to a mentor")
        blocks: list[dict[str, Any]] = [
            {"kind": "title", "text": title},
            {"kind": "text", "text": thanks},
            {"kind": "table", "columns": len(heads), "rows": [heads, *rows]},
            {"kind": "plain", "columns": 2, "rows": [["", name], ["", day], ["", _("(Seal of the school)")]]},
        ]
        return pdf.as_pdf(blocks, title=title, school=name, number="", code="", qr=False)


def to_sign(mentor: Contact) -> list[Visit]:
    """The visits on the spot to a mentor's students that are written up and not yet signed, the oldest first."""
    mine = Placement.objects.filter(mentor=mentor, archived_at=None)
    rows = Visit.objects.filter(
        organisation=mentor.organisation_id,
        placements__in=mine,
        status=Visit.Status.DONE,
        mode=Visit.Mode.SITE,
        signed_at=None,
        archived_at=None,
    )
    return list(rows.select_related("supervisor").distinct().order_by("visited_on", "pk"))


def letter_name(mentor: Contact) -> str:
    return f"mentor-{mentor.pk}-{timezone.localdate():%Y%m%d}.pdf"
