"""风险雷达: cooperation in training by signal; what is counted today, how grave it is, and the rows behind each square."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from zhixing.cultivation import risk_signals
from zhixing.cultivation.apprenticeships import Apprenticeship
from zhixing.cultivation.order_classes import OrderClass
from zhixing.cultivation.risks import Grade, Risk, Signal
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for

# The signals in the radar's order, with the words for a count; a ban is not counted.
_WORDS = {
    Signal.LATE_REVIEWS: _("%(value)s late"),
    Signal.MENTOR_OVERLOAD: _("%(value)s too many"),
    Signal.AGREEMENT_ENDS: _("%(value)s days"),
    Signal.FIRM_BANNED: "",
    Signal.DROP_OUTS: _("%(value)s%% left"),
    Signal.UNDER_PROMISE: _("%(value)s%% lacking"),
}
COUNTED = tuple(_WORDS)


@dataclass(frozen=True)
class Square:
    """One signal at one cooperation. `grade` is empty where nothing is found; `late` when its risk is past its day."""

    signal: Signal
    value: float | None
    grade: str
    url: str
    risk: Risk | None = None
    late: bool = False

    @property
    def text(self) -> str:
        """The count in words."""
        words = _WORDS[self.signal]
        return str(words) % {"value": f"{self.value:g}"} if words and self.value is not None else ""

    @property
    def label(self) -> str:
        return str(Grade(self.grade).label) if self.grade else ""


@dataclass(frozen=True)
class Row:
    """A programme or an order class with its squares."""

    subject: Any
    kind: str
    url: str
    squares: tuple[Square, ...]

    @property
    def worst(self) -> int:
        return max((list(Grade.values).index(square.grade) + 1 for square in self.squares if square.grade), default=0)


def rows_of(subjects: Sequence[risk_signals.Subject], on: date) -> list[Row]:
    """The radar of these cooperations, the gravest first; one SQL statement for each signal and one for the risks."""
    found = {(item.kind, item.pk, item.signal): item for item in risk_signals.count(on)}
    return sorted(_drawn(subjects, on, found), key=lambda row: (-row.worst, row.subject.name))


def on_file(subject: risk_signals.Subject, on: date) -> Row:
    """The squares of one cooperation from its open risks, as last counted; one SQL statement."""
    return _drawn([subject], on, None)[0]


def _drawn(
    subjects: Sequence[risk_signals.Subject], on: date, found: dict[tuple[str, int, str], risk_signals.Found] | None
) -> list[Row]:
    keys = {"apprenticeship": set(), "order_class": set()}  # type: dict[str, set[int]]
    for subject in subjects:
        keys[kind_of(subject)].add(subject.pk)
    mine = Q(apprenticeship__in=keys["apprenticeship"]) | Q(order_class__in=keys["order_class"])
    living = Risk.objects.filter(mine, archived_at=None).exclude(status=Risk.Status.CLOSED)
    risks = {(risk.apprenticeship_id, risk.order_class_id, risk.signal): risk for risk in living}
    drawn = []
    for subject in subjects:
        kind = kind_of(subject)
        place = (subject.pk, None) if kind == "apprenticeship" else (None, subject.pk)
        squares = []
        for signal in COUNTED:
            risk = risks.get((*place, signal.value))
            item = (found or {}).get((kind, subject.pk, signal.value))
            grade, value = (item.grade.value, item.value) if item else ("", None)
            if found is None and risk is not None and risk.cleared_on is None:
                grade, value = risk.grade, float(risk.value or 0)
            squares.append(
                Square(
                    signal=signal,
                    value=value,
                    grade=grade,
                    url=reverse("risk-rows", args=[kind, subject.pk, signal.value]) if grade or risk else "",
                    risk=risk,
                    late=risk is not None and risk.due < on,
                )
            )
        sheet = sheet_for(type(subject))
        drawn.append(Row(subject, kind, sheet.url("detail", subject.pk) if sheet else "", tuple(squares)))
    return drawn


def row_of(subject: risk_signals.Subject, on: date) -> Row:
    """The squares of one cooperation."""
    return rows_of([subject], on)[0]


def kind_of(subject: risk_signals.Subject) -> str:
    return "apprenticeship" if isinstance(subject, Apprenticeship) else "order_class"


def watched(actor: Actor, unit: int | None = None) -> list[risk_signals.Subject]:
    """The programmes and classes that an actor may see and that can still be helped: those alive, and any with an open risk."""
    at_risk = Risk.objects.filter(archived_at=None).exclude(status=Risk.Status.CLOSED).order_by()
    found: list[risk_signals.Subject] = []
    for model, living, path in (
        (Apprenticeship, risk_signals.LIVING_PROGRAMMES, "apprenticeship"),
        (OrderClass, risk_signals.LIVING_CLASSES, "order_class"),
    ):
        if not actor.can(model):
            continue
        rows = model.objects.all().visible_to(actor)  # type: ignore[attr-defined]
        rows = rows.filter(living | Q(pk__in=at_risk.exclude(**{path: None}).values(path)), archived_at=None)
        if unit is not None:
            rows = rows.filter(major__unit=unit)
        found += list(rows.select_related("organisation", "major__unit"))
    return found
