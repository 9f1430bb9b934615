"""The checks of posts and plans behind the red lines: pure functions over facts. Those of placements are beside this file.

A check yields what it finds and nothing else: whether that blocks, by which step, and who may let it pass, is the
rule's to say. What is not on record cannot be shown to be kept, and is a finding too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from zhixing.practice.plans import PlanDocument
from zhixing.practice.posts import Inspection
from zhixing.practice.redline_facts import Context, FilingFacts, Hit, PlanFacts, PostFacts, Ref, Subject
from zhixing.practice.redline_placement_checks import PLACEMENT_CHECKS
from zhixing.practice.redline_rules import CheckSpec

Parameters = Mapping[str, Any]
Check = Callable[[Any, Parameters, Context], Iterator[Hit]]
_BEYOND_THE_BORDER = ("71", "81", "82")
_SIDES = ("firm", "school")


def years_before(day: date, years: float) -> date:
    """The day so many full years earlier; of 29 February the 28th."""
    year = day.year - int(years)
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)


def filed(post: PostFacts, subject: str, context: Context) -> FilingFacts | None:
    """The filing that covers a post for a subject: of its unit, for its plan or for its college, over its whole stretch."""
    above = context.above(post.plan.unit)
    for filing in post.organisation.filings:
        mine = filing.plan == post.plan.id if filing.plan is not None else filing.unit in above
        if (
            mine
            and subject in filing.subjects
            and filing.starts_on <= post.starts_on
            and filing.ends_on >= post.ends_on
        ):
            return filing
    return None


def _short_filings(post: PostFacts, subject: str) -> tuple[Ref, ...]:
    """Filings for the subject that do not reach: of another plan, or for other days."""
    return tuple(filing.ref for filing in post.organisation.filings if subject in filing.subjects)


def _named(text: str, keywords: tuple[str, ...]) -> str:
    folded = text.casefold()
    return next((word for word in keywords if word.casefold() in folded), "")


# Posts --------------------------------------------------------------------------------------------------------------


def venue(post: PostFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """Places of entertainment: by class of GB/T 4754, and by name where the class does not say otherwise."""
    unit = post.organisation
    evidence = (unit.ref, post.ref)
    if unit.industry.startswith(parameters["codes"]):
        yield Hit("venue_class", {"industry": unit.industry}, evidence)
        return
    word = _named(f"{unit.name} {post.title} {post.address}", parameters["keywords"])
    if word:
        # A class on record that is another one speaks for the unit: somebody has a look, nothing is stopped.
        yield Hit("venue_name", {"word": word}, evidence, severity="warn" if unit.industry else "")
    elif unit.industry.startswith(parameters["look_at"]):
        yield Hit("venue_look", {"industry": unit.industry}, evidence, severity="warn")


def agent(post: PostFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """No agency arranges or manages: not the unit itself, not anybody between."""
    unit = post.organisation
    if post.by_agent:
        yield Hit("agent_between", {}, (post.ref,))
    if unit.industry.startswith(parameters["codes"]):
        yield Hit("agent_class", {"industry": unit.industry}, (unit.ref,))
    elif word := _named(unit.name, parameters["keywords"]):
        yield Hit("agent_name", {"word": word}, (unit.ref,), severity="warn" if unit.industry else "")


def labour(post: PostFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    if post.labour_class > parameters["most"]:
        yield Hit("labour_class", {"value": post.labour_class, "limit": parameters["most"]}, (post.ref,))


def hazard(post: PostFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    if post.hazards and filed(post, "hazard", context) is None:
        yield Hit("hazard_not_filed", {"hazards": list(post.hazards)}, (post.ref, *_short_filings(post, "hazard")))


def rest_days(post: PostFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """Work on rest days: said so, or more days a week than a week of work has."""
    week_days = 0.0
    if post.hours_day and post.hours_week:
        week_days = float(post.hours_week / post.hours_day)
    many = week_days > parameters["days_a_week"] + 1e-9
    if not (post.rest_days or many) or filed(post, "rest_days", context) is not None:
        return
    calendar = context.calendar
    values = {
        "rest_days": calendar.rest_days(post.starts_on, post.ends_on),
        "holidays": calendar.holidays(post.starts_on, post.ends_on),
    }
    evidence = (post.ref, *_short_filings(post, "rest_days"))
    if post.rest_days:
        yield Hit("rest_days_not_filed", values, evidence)
    else:
        yield Hit("rest_days_by_hours", {**values, "week_days": round(week_days, 1)}, evidence)


def shifts(post: PostFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    if post.overtime and filed(post, "overtime", context) is None:
        yield Hit("overtime_not_filed", {}, (post.ref, *_short_filings(post, "overtime")))
    if post.night_shift and filed(post, "night", context) is None:
        yield Hit("night_not_filed", {}, (post.ref, *_short_filings(post, "night")))


def hours(post: PostFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    if post.hours_day is None or post.hours_week is None:
        yield Hit("hours_unknown", {}, (post.ref,))
    if post.hours_day is not None and post.hours_day > parameters["day"]:
        yield Hit("hours_day", {"value": float(post.hours_day), "limit": parameters["day"]}, (post.ref,))
    if post.hours_week is not None and post.hours_week > parameters["week"]:
        yield Hit("hours_week", {"value": float(post.hours_week), "limit": parameters["week"]}, (post.ref,))


def _vacant(post: PostFacts, placed: int) -> int:
    """Places that are still offered count as taken: they may be filled tomorrow."""
    return max(0, post.places - placed) if post.status in ("offered", "approved") else 0


def share_of_unit(post: PostFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """Interns among the unit's staff, on the day with most of them, over all plans."""
    unit = post.organisation
    staff = post.staff_total or unit.staff
    stretch = post.starts_on, post.ends_on
    interns = context.heads.in_unit(unit.id, *stretch)
    interns += _vacant(post, context.heads.in_post(unit.id, post.title, *stretch))
    yield from _share("share_unit", post, interns, staff, parameters)


def share_of_post(post: PostFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """Interns among the staff of the same kind of post."""
    placed = context.heads.in_post(post.organisation.id, post.title, post.starts_on, post.ends_on)
    yield from _share("share_post", post, placed + _vacant(post, placed), post.staff_same_post, parameters)


def _share(code: str, post: PostFacts, interns: int, staff: int | None, parameters: Parameters) -> Iterator[Hit]:
    evidence = (post.ref, post.organisation.ref)
    if not staff:
        yield Hit(f"{code}_unknown", {"interns": interns}, evidence)
    elif interns * 100 > staff * parameters["percent"]:
        values = {"interns": interns, "staff": staff, "limit": parameters["percent"]}
        yield Hit(code, {**values, "value": round(100 * interns / staff, 1)}, evidence)


def content(post: PostFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """The work belongs to the major's class (the first two digits), and is described at all."""
    wanted = post.plan.major[:2]
    if not post.tasks.strip():
        yield Hit("tasks_unknown", {}, (post.ref,))
    if not post.major_classes:
        yield Hit("classes_unknown", {}, (post.ref,))
    elif wanted not in post.major_classes:
        values = {"major": wanted, "post": list(post.major_classes)}
        yield Hit("classes_differ", values, (post.ref, post.plan.ref))


def pay(post: PostFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """Either of the two measures satisfies; whoever only helps is paid something fitting."""
    if post.pay is None:
        yield Hit("pay_unknown", {}, (post.ref,))
        return
    if not post.independent:
        if post.pay <= 0:
            yield Hit("pay_nothing", {}, (post.ref,))
        return
    share = Decimal(str(parameters["percent"])) / 100
    floors = [share * post.same_post_wage] if post.same_post_wage is not None else []
    floors += [post.lowest_wage] if post.lowest_wage is not None else []
    if not floors:
        yield Hit("wage_unknown", {"value": float(post.pay)}, (post.ref,))
    elif post.pay < min(floors):
        yield Hit("pay_low", {"value": float(post.pay), "limit": float(min(floors))}, (post.ref,))


def pay_form(post: PostFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    if post.pay_cycle_days > parameters["days"]:
        yield Hit("pay_cycle", {"value": post.pay_cycle_days, "limit": parameters["days"]}, (post.ref,))
    if not post.pay_in_money:
        yield Hit("pay_in_kind", {}, (post.ref,))
    if not post.pay_direct:
        yield Hit("pay_forwarded", {}, (post.ref,))


def charges(post: PostFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    if post.fees:
        yield Hit("fees", {}, (post.ref,))
    if post.keeps_documents:
        yield Hit("keeps_documents", {}, (post.ref,))


def standing(post: PostFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """A registered unit without record: dishonesty until cleared, safety of production for some years."""
    unit = post.organisation
    if not unit.uscc:
        yield Hit("uscc_missing", {}, (unit.ref,))
    if unit.status == "banned":
        yield Hit("banned", {"reason": unit.status_reason}, (unit.ref,))
    since = years_before(post.starts_on, parameters["years"])
    for item in unit.violations:
        # What came to light after the last day turns no past internship red.
        if item.found_on > post.ends_on:
            continue
        day = item.found_on.isoformat()
        if item.kind == "dishonest" and (item.cleared_on is None or item.cleared_on > post.starts_on):
            yield Hit("dishonest", {"day": day}, (item.ref,))
        elif item.kind == "safety" and item.found_on > post.starts_on:
            yield Hit("unsafe_since", {"day": day}, (item.ref,))
        elif item.kind == "safety" and item.found_on > since:
            yield Hit("unsafe", {"day": day, "years": parameters["years"]}, (item.ref,))


def inspection(post: PostFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """Visited before the start, found fit, with a report on every heading, and not outdated."""
    unit = post.organisation
    before = [item for item in unit.inspections if item.inspected_on <= post.starts_on]
    if not before:
        yield Hit("inspection_none", {}, (unit.ref,))
        return
    valid = [item for item in before if item.valid_until is None or item.valid_until >= post.starts_on]
    if not valid:
        latest = max(before, key=lambda item: item.inspected_on)
        yield Hit("inspection_outdated", {"day": str(latest.valid_until)}, (latest.ref,))
        return
    latest = max(valid, key=lambda item: (item.inspected_on, item.id))
    if latest.result == "unfit":
        yield Hit("inspection_unfit", {"day": latest.inspected_on.isoformat()}, (latest.ref,))
    elif latest.result == "mend":
        yield Hit("inspection_mend", {"day": latest.inspected_on.isoformat()}, (latest.ref,), severity="warn")
    lacking = [heading for heading in Inspection.Heading.values if heading not in latest.headings]
    if lacking:
        yield Hit("inspection_headings", {"headings": lacking}, (latest.ref,))


def province(post: PostFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """Another province, or beyond the border, is filed before anybody leaves."""
    code = post.place_code
    if not code:
        yield Hit("region_unknown", {}, (post.ref,))
    elif code[:2] in _BEYOND_THE_BORDER:
        if filed(post, "abroad", context) is None:
            yield Hit("abroad_not_filed", {"region": code}, (post.ref, *_short_filings(post, "abroad")))
    elif context.province and code[:2] != context.province and filed(post, "province", context) is None:
        yield Hit("province_not_filed", {"region": code}, (post.ref, *_short_filings(post, "province")))


def post_mentor(post: PostFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    if post.mentor is None:
        yield Hit("post_mentor_none", {}, (post.ref,), severity="warn")


# Plans --------------------------------------------------------------------------------------------------------------


def documents(plan: PlanFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """Every paper issued by the first day."""
    lacking = [kind for kind in PlanDocument.Kind.values if kind not in plan.documents]
    if lacking:
        yield Hit("documents_lacking", {"documents": lacking}, (plan.ref,))
    for kind, (issued_on, pk) in plan.documents.items():
        if issued_on > plan.starts_on:
            values = {"document": kind, "day": issued_on.isoformat()}
            yield Hit("document_late", values, (Ref("practice.plan_document", pk, kind),))


def unit_list(plan: PlanFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    if plan.published_on is None:
        yield Hit("list_unpublished", {}, (plan.ref,))
    elif plan.published_on > plan.starts_on:
        yield Hit("list_late", {"day": plan.published_on.isoformat()}, (plan.ref,))


def plan_length(plan: PlanFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """What the training plan lays down, against what is usual."""
    usual = parameters["usual_weeks"]
    if abs(plan.weeks - usual) > parameters["usual_tolerance"]:
        yield Hit("weeks_unusual", {"value": plan.weeks, "usual": usual}, (plan.ref,))


def _confirmed(plan: PlanFacts, duty: str) -> Iterator[Hit]:
    """What no record shows is confirmed by a person of the school, by name, before anybody starts."""
    if duty not in plan.duties:
        yield Hit("duty_open", {"duty": duty}, (plan.ref,))
        return
    day, pk = plan.duties[duty]
    if day > plan.starts_on:
        yield Hit("duty_late", {"duty": duty, "day": day.isoformat()}, (Ref("practice.plan_duty", pk, duty),))


def voluntary(plan: PlanFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """Nobody is forced, and nobody earns by it: confirmed by name."""
    yield from _confirmed(plan, "voluntary")


def joint(plan: PlanFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """Both sides' words weigh in the grade, and it is confirmed that the firm's rules for its staff are not applied."""
    yield from _confirmed(plan, "evaluation")
    weights = context.grades_on(plan.ends_on)
    silent = [side for side in _SIDES if not weights.get(side)]
    if silent:
        yield Hit("weights_onesided", {"sides": silent}, (plan.ref,))


def levels(plan: PlanFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """The least scores of the levels are set for the last day, each above the next."""
    bounds = context.grades_on(plan.ends_on)
    lacking = [level for level in parameters["levels"] if level not in bounds]
    if lacking:
        yield Hit("levels_unset", {"levels": lacking}, (plan.ref,))
        return
    scores = [bounds[level] for level in parameters["levels"]]
    if any(upper <= lower for upper, lower in pairwise(scores)):
        yield Hit("levels_unordered", {"levels": list(parameters["levels"])}, (plan.ref,))


def complaints(plan: PlanFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """A public address, confirmed; and every complaint answered in time. Nothing is told of a complaint but its waiting."""
    yield from _confirmed(plan, "complaints")
    waiting = sum((context.on - day).days > parameters["days"] for day in plan.complaints)
    if waiting:
        yield Hit("complaints_waiting", {"value": waiting, "limit": parameters["days"]}, (plan.ref,))


# The checks by name: what they look at, and what a rule may set. ------------------------------------------------------

_POST_CHECKS: dict[str, tuple[Check, dict[str, str]]] = {
    "venue": (venue, {"codes": "words", "look_at": "words", "keywords": "words"}),
    "agent": (agent, {"codes": "words", "keywords": "words"}),
    "labour": (labour, {"most": "number"}),
    "hazard": (hazard, {}),
    "rest_days": (rest_days, {"days_a_week": "number"}),
    "shifts": (shifts, {}),
    "hours": (hours, {"day": "number", "week": "number"}),
    "share_of_unit": (share_of_unit, {"percent": "number"}),
    "share_of_post": (share_of_post, {"percent": "number"}),
    "content": (content, {}),
    "pay": (pay, {"percent": "number"}),
    "pay_form": (pay_form, {"days": "number"}),
    "charges": (charges, {}),
    "standing": (standing, {"years": "number"}),
    "inspection": (inspection, {}),
    "province": (province, {}),
    "guides": (post_mentor, {"per_supervisor?": "number", "per_mentor?": "number"}),
}
_PLAN_CHECKS: dict[str, tuple[Check, dict[str, str]]] = {
    "documents": (documents, {}),
    "unit_list": (unit_list, {}),
    "voluntary": (voluntary, {}),
    "joint": (joint, {}),
    "levels": (levels, {"levels": "words"}),
    "complaints": (complaints, {"days": "number"}),
    "length": (
        plan_length,
        {"usual_weeks": "number", "usual_tolerance": "number", "tolerance": "number"},
    ),
}

FUNCTIONS: dict[tuple[str, str], Check] = {
    **{(name, "plan"): check for name, (check, _parameters) in _PLAN_CHECKS.items()},
    **{(name, "post"): check for name, (check, _parameters) in _POST_CHECKS.items()},
    **{(name, "placement"): check for name, (check, _parameters) in PLACEMENT_CHECKS.items()},
}


def _specs() -> dict[str, CheckSpec]:
    parameters: dict[str, dict[str, str]] = {}
    for table in (_PLAN_CHECKS, _POST_CHECKS, PLACEMENT_CHECKS):
        for name, (_check, known) in table.items():
            parameters.setdefault(name, {}).update(known)
    return {
        name: CheckSpec(frozenset(subject for known, subject in FUNCTIONS if known == name), known_parameters)
        for name, known_parameters in parameters.items()
    }


SPECS = _specs()


def run(check: str, kind: str, subject: Subject, parameters: Parameters, context: Context) -> list[Hit]:
    """What a check finds in a subject of a kind (plan, post, placement)."""
    return list(FUNCTIONS[check, kind](subject, parameters, context))
