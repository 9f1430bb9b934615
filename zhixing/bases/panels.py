"""What the pages of bases and their papers say beyond their fields; every number opens its rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from zhixing.agreements import queries as agreements
from zhixing.agreements.models import Agreement
from zhixing.bases import criteria, figures, queries, statements, summaries
from zhixing.bases.figures import as_number, rows_url
from zhixing.bases.models import (
    Base,
    BasePlan,
    BaseRecognition,
    BaseUse,
    BenefitStatement,
    Booking,
    Contribution,
    Guide,
    PlaceCapacity,
    SafetyCheck,
    TermSummary,
    Use,
)
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.org.calendar import academic_year


@dataclass(frozen=True)
class Fact:
    """One line of a panel: words, a state of the look where there is a verdict, and the way to the rows."""

    label: Any
    words: Any
    url: str = ""
    state: str = ""
    state_words: Any = ""


def _facts(title: Any, facts: list[Fact], more: list[tuple[str, Any, str]] | None = None, name: str = "facts") -> str:
    context = {"title": title, "facts": facts, "more": more or [], "name": name}
    return render_to_string("bases/_facts.html", context)


def address(record: Any, actor: Actor) -> str:
    """Where a record's page is, for whoever may see records of its type."""
    sheet = sheet_for(type(record))
    return sheet.url("detail", record.pk) if sheet and actor.can(type(record)) else ""


def base_panel(base: Base, actor: Actor) -> str:
    """How the base stands today: functions of the year, guides, safety, contract, places."""
    today = timezone.localdate()
    year = academic_year(today)
    span = {"used_on_from": year.starts_on, "used_on_to": year.ends_on}
    facts: list[Fact] = []
    if actor.can(BaseUse) and base.kind == Base.Kind.CAMPUS:
        used = BaseUse.objects.filter(base=base, used_on__range=(year.starts_on, today), archived_at=None)
        hours = dict(used.order_by().values_list("function").annotate(total=Sum("hours")))
        for function, label in Use.choices:
            there = function in hours
            facts.append(
                Fact(
                    label,
                    _("%(hours)s hours this year") % {"hours": f"{hours[function]:,.0f}"} if there else _("not used"),
                    rows_url(BaseUse, base=base.pk, function=function, **span),
                    "met" if there else "unmet",
                    pgettext("of a function", "used") if there else pgettext("of a function", "missing"),
                )
            )
    told = _told(base, today)
    if actor.can(Guide):
        number, proven = told["guiding"], told["proven"]
        whole = bool(number) and number == proven
        facts.append(
            Fact(
                _("guides with proof"),
                f"{proven} / {number}",
                rows_url(Guide, base=base.pk),
                "met" if whole else "unmet",
                _("all proven") if whole else _("proof missing"),
            )
        )
    if actor.can(SafetyCheck):
        facts.append(_safety(base, told))
    if actor.can(Agreement) and base.kind == Base.Kind.CAMPUS:
        facts.append(_contract(base, told["valid"], actor))
    if actor.can(PlaceCapacity) and base.kind == Base.Kind.OFF_CAMPUS:
        terms = queries.terms_from(today, 1)
        places = PlaceCapacity.objects.filter(base=base, term__in=terms, archived_at=None)
        total = places.aggregate(total=Sum("places"))["total"] or 0
        term = terms[0].pk if terms else 0
        url = rows_url(PlaceCapacity, base=base.pk, term=term)
        facts.append(Fact(_("places this term"), f"{total:,}", url, "met" if total else "unmet", ""))
    return _facts(_("How the base stands"), facts)


def _told(base: Base, today: date) -> dict[str, Any]:
    """Guides, safety and contract of a base: one question."""

    def count(rows: QuerySet) -> Any:
        numbered = rows.filter(base=OuterRef("pk")).order_by().values("base").annotate(n=Count("pk")).values("n")
        return Coalesce(Subquery(numbered, output_field=IntegerField()), 0)

    checks = SafetyCheck.objects.filter(base=OuterRef("pk"), archived_at=None)
    guides = queries.guiding(today)
    found = (
        Base._base_manager.filter(pk=base.pk)
        .values("pk")
        .annotate(
            guiding=count(guides),
            proven=count(guides.filter(queries.proven_guide(today))),
            due=Subquery(checks.filter(done_on=None).order_by("due").values("due")[:1]),
            wrong=Subquery(
                queries.unmended(today).filter(base=OuterRef("pk")).order_by("done_on").values("findings")[:1]
            ),
            valid=Exists(agreements.valid_on(today, Agreement.objects.filter(pk=OuterRef("agreement")))),
        )
        .first()
    )
    return found or {"guiding": 0, "proven": 0, "due": None, "wrong": None, "valid": False}


def _safety(base: Base, told: dict[str, Any]) -> Fact:
    label, url, due = _("safety check"), rows_url(SafetyCheck, base=base.pk), told["due"]
    if due is not None and due < timezone.localdate():
        words = _("due on %(day)s") % {"day": due.isoformat()}
        return Fact(label, words, url, "unmet", pgettext("of a check", "overdue"))
    if told["wrong"]:
        return Fact(label, told["wrong"][:60], url, "at_risk", pgettext("of a check", "to be mended"))
    if due is not None:
        return Fact(
            label, _("next on %(day)s") % {"day": due.isoformat()}, url, "met", pgettext("of a check", "in order")
        )
    return Fact(label, _("none planned"), url, "unmet", pgettext("of a check", "missing"))


def _contract(base: Base, valid: bool, actor: Actor) -> Fact:
    label = _("contract with the operator")
    agreement = base.agreement
    if agreement is None:
        return Fact(label, _("none named"), "", "unmet", pgettext("of a contract", "missing"))
    return Fact(
        label,
        f"{agreement.number or agreement.title} · {agreement.ends_on.isoformat()}",
        address(agreement, actor),
        "met" if valid else "unmet",
        pgettext("of a contract", "valid") if valid else pgettext("of a contract", "not valid"),
    )


def ledger_panel(base: Base, actor: Actor) -> str:
    """The two sides of the ledger by kind: pledged, accepted, and what is late or idle (D-35)."""
    if not actor.can(Contribution):
        return ""
    today = timezone.localdate()
    rows = Contribution.objects.filter(base=base, archived_at=None).visible_to(actor)
    accepted = Q(status__in=(Contribution.Status.ACCEPTED, Contribution.Status.SETTLED))
    grouped = (
        rows.order_by()
        .values("party", "kind")
        .annotate(pledged=Sum("pledged_value"), here=Sum("delivered_value", filter=accepted), number=Count("pk"))
    )
    cells = {(row["party"], row["kind"]): row for row in grouped}
    if not cells:
        return ""
    parties = []
    whole = sum(as_number(row["here"]) for row in cells.values())
    for party, label in Contribution.Party.choices:
        own = [(kind, kind_label, cells.get((party, kind))) for kind, kind_label in Contribution.Kind.choices]
        pledged = sum(as_number(cell["pledged"]) for _kind, _label, cell in own if cell)
        here = sum(as_number(cell["here"]) for _kind, _label, cell in own if cell)
        parties.append(
            {
                "label": label,
                "url": rows_url(Contribution, base=base.pk, party=party),
                "pledged": pledged,
                "here": here,
                "share": round(100 * here / whole) if whole else 0,
                "kinds": [
                    {
                        "label": kind_label,
                        "pledged": as_number(cell["pledged"]) if cell else 0,
                        "here": as_number(cell["here"]) if cell else 0,
                        "url": rows_url(Contribution, base=base.pk, party=party, kind=kind) if cell else "",
                    }
                    for kind, kind_label, cell in own
                ],
            }
        )
    # Both alarms are one question: each row says which it raises.
    standing = queries.idle(today, Contribution.objects.filter(base=base)).values("pk")
    late_ones = Q(status=Contribution.Status.PLEDGED, due__lt=today)
    marked = rows.filter(late_ones | Q(pk__in=standing)).order_by("due", "pk")
    alarms = [(thing, address(thing, actor)) for thing in marked[:12]]
    late = [{"thing": thing, "url": url} for thing, url in alarms if thing.status == Contribution.Status.PLEDGED]
    idle = [{"thing": thing, "url": url} for thing, url in alarms if thing.status != Contribution.Status.PLEDGED]
    context = {
        "parties": parties,
        "kinds": [label for _kind, label in Contribution.Kind.choices],
        "late": late,
        "idle": idle,
        "idle_days": queries.idle_days(),
    }
    return render_to_string("bases/_ledger.html", context)


def contribution_panel(thing: Contribution, actor: Actor) -> str:
    """What a contribution is worth today, and whether it stands idle: both counted."""
    today = timezone.localdate()
    value = queries.book_value(thing, today)
    facts = []
    if value is not None:
        words = f"¥{value:,.2f}"
        facts.append(Fact(_("worth today"), words, "", "", ""))
    if thing.status == Contribution.Status.PLEDGED and thing.due < today:
        days = (today - thing.due).days
        facts.append(
            Fact(_("delivery"), _("%(days)s days late") % {"days": days}, "", "unmet", pgettext("delivery", "late"))
        )
    if queries.idle(today, Contribution.objects.filter(pk=thing.pk)).exists():
        since = today - timedelta(days=queries.idle_days())
        facts.append(
            Fact(
                _("use"),
                _("no use or booking since %(day)s") % {"day": since.isoformat()},
                rows_url(BaseUse, base=thing.base_id),
                "at_risk",
                _("idle"),
            )
        )
    return _facts(_("Worth and use"), facts) if facts else ""


def booking_panel(booking: Booking, actor: Actor) -> str:
    """The other days of the series, if the booking belongs to one."""
    if not booking.series:
        return ""
    today = timezone.localdate()
    told = (
        Booking.objects.filter(series=booking.series, archived_at=None)
        .visible_to(actor)
        .aggregate(  # type: ignore[attr-defined]
            booked=Count("pk", filter=Q(status=Booking.Status.BOOKED)),
            coming=Count("pk", filter=Q(status=Booking.Status.BOOKED, day__gte=today)),
            cancelled=Count("pk", filter=Q(status=Booking.Status.CANCELLED)),
        )
    )
    words = _("%(booked)s days booked, %(coming)s of them still to come, %(cancelled)s cancelled") % told
    return _facts(_("Booked every week"), [Fact(_("series"), words, rows_url(Booking, series=booking.series))])


def statement_panel(statement: BenefitStatement, actor: Actor) -> str:
    """Both sides of the statement at a glance, and the page that shows it whole."""
    sides = statements.sides(statement)
    facts = [
        Fact(
            _("The firm gave") if giver == statements.FIRM else _("The school gave"),
            _("%(lines)s lines, ¥%(worth)s") % {"lines": len(lines), "worth": f"{statements.worth(lines):,.0f}"},
        )
        for giver, lines in sides.items()
    ]
    if statement.firm_remark:
        facts.append(Fact(_("remark of the firm"), statement.firm_remark))
    more = [(reverse("benefit-statement", args=[statement.pk]), _("Open the statement"), "scales")]
    return _facts(_("Who gave what"), facts, more)


def plan_panel(plan: BasePlan, actor: Actor) -> str:
    """What the plan means to reach beside what the records say so far."""
    year = plan.year
    last = min(year.ends_on, timezone.localdate())
    bases = Base.objects.filter(
        unit=plan.unit_id,
        kind=Base.Kind.OFF_CAMPUS,
        starts_on__range=(year.starts_on, year.ends_on),
        archived_at=None,
    )
    opened = bases.filter(starts_on__lte=last).count()
    gained = _places_gained(plan)
    demo = BaseRecognition.objects.filter(
        major__unit=plan.unit_id, recognised_on__range=(year.starts_on, year.ends_on), archived_at=None
    ).count()
    span = {"starts_on_from": year.starts_on, "starts_on_to": year.ends_on}
    facts = [
        _target(_("new bases"), opened, plan.new_bases, rows_url(Base, unit=plan.unit_id, kind="off_campus", **span)),
        _target(_("new places"), gained, plan.new_places, rows_url(PlaceCapacity, base__unit=plan.unit_id)),
        _target(
            _("demonstration bases"),
            demo,
            plan.demo_bases,
            rows_url(
                BaseRecognition,
                major__unit=plan.unit_id,
                recognised_on_from=year.starts_on,
                recognised_on_to=year.ends_on,
            ),
        ),
    ]
    return _facts(_("Plan and records"), facts)


def _target(label: Any, have: int, asked: int, url: str) -> Fact:
    state = "met" if have >= asked else "on_track"
    words = pgettext("of a target", "reached") if have >= asked else pgettext("of a target", "under way")
    return Fact(label, f"{have:,} / {asked:,}", url, state, words)


def _places_gained(plan: BasePlan) -> int:
    """Places of the year's terms beyond those of the same terms a year before; never less than none."""

    def total(first: Any, last: Any) -> int:
        rows = queries.capacities().filter(base__unit=plan.unit_id, term__starts_on__range=(first, last))
        return rows.aggregate(total=Sum("places"))["total"] or 0

    year = plan.year
    before = total(year.starts_on - timedelta(days=366), year.starts_on - timedelta(days=1))
    return max(0, total(year.starts_on, year.ends_on) - before)


def summary_panel(summary: TermSummary, actor: Actor) -> str:
    """The summary as it reads, each number a way to its rows."""
    told = summaries.figures_of(summary)
    parts = [
        {
            "label": TermSummary._meta.get_field(part).verbose_name,
            "text": figures.linked(getattr(summary, part), told),
        }
        for part in summaries.PARTS
    ]
    may_write = summary.status == TermSummary.Status.DRAFT and actor.can_on(summary, "change")
    context = {
        "title": _("As it reads"),
        "parts": parts,
        "url": reverse("term-summary", args=[summary.pk]),
        "url_label": _("Write and hand in") if may_write else _("Read it whole"),
        "frozen": bool(summary.figures),
    }
    return render_to_string("bases/_text.html", context)


def recognition_panel(recognition: BaseRecognition, actor: Actor) -> str:
    """The criteria of the level beside what the base has, and the application as it reads."""
    today = timezone.localdate()
    told = criteria.known(recognition, today)
    checks = criteria.check(recognition, today, told=told)
    facts = [_criterion(check) for check in checks]
    text = figures.linked(recognition.statement, told)
    context = {
        "title": _("The application as it reads"),
        "parts": [{"label": "", "text": text}],
        "frozen": bool(recognition.figures),
    }
    shown = _facts(_("Criteria of the level"), facts, name="criteria") if facts else ""
    return shown + (render_to_string("bases/_text.html", context) if recognition.statement else "")


def _criterion(check: criteria.Check) -> Fact:
    """What the level asks beside what the base has; of a number that was never handed in there is no verdict."""
    words = _("%(have)s, asked: %(asked)s") % {
        "have": check.figure.words,
        "asked": f"{float(check.criterion.minimum):,g}",
    }
    if check.figure.value is None:
        return Fact(check.figure.label, words)
    state, verdict = ("met", pgettext("criterion", "met")) if check.met else ("unmet", pgettext("criterion", "not met"))
    return Fact(check.figure.label, words, check.figure.url, state, verdict)
