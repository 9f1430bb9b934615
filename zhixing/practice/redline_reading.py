"""Reads the facts that the red lines look at: one statement for each kind of fact, however many placements there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from zhixing.agreements.models import AgreementParty
from zhixing.org.models import AcademicYear, Holiday, School, Unit
from zhixing.practice import running_archive
from zhixing.practice.models import (
    Complaint,
    Consent,
    Evaluation,
    Filing,
    GradeRule,
    Incident,
    IncidentReport,
    Inspection,
    Override,
    Placement,
    PlanDocument,
    PlanDuty,
    PolicyCover,
    Post,
    PracticePlan,
    SafetyTest,
    Violation,
)
from zhixing.practice.redline_facts import (
    AgreementFacts,
    ConsentFacts,
    Context,
    CoverFacts,
    Facts,
    FilingFacts,
    HeadCounts,
    IncidentFacts,
    InspectionFacts,
    OrganisationFacts,
    OverrideFacts,
    PartyFacts,
    PlacementFacts,
    PlanFacts,
    PostFacts,
    SafetyFacts,
    ViolationFacts,
)

# Placements that are judged, and those whose students count among a unit's interns.
JUDGED = ("proposed", "confirmed", "running", "ended", "graded")
_POST_FIELDS = (
    "id", "code", "title", "status", "source", "places", "tasks", "address", "region", "mentor", "hours_day", "hours_week",
    "night_shift", "overtime", "rest_days", "labour_class", "barred_to_minors", "barred_to_women", "by_agent", "fees",
    "keeps_documents", "independent", "pay", "same_post_wage", "lowest_wage", "pay_cycle_days", "pay_in_money",
    "pay_direct", "staff_total", "staff_same_post",
)  # fmt: skip


def of_plans(plans: Collection[int], on: date, loads: bool = False) -> Facts:
    """All about some plans: with their posts and their placements, also those at posts that other plans share with them."""
    posts = Post.objects.filter(plan__in=plans, archived_at=None).exclude(status=Post.Status.REFUSED)
    placements = Placement.objects.filter(plan__in=plans, archived_at=None, status__in=JUDGED)
    shared = Post.objects.filter(pk__in=placements.order_by().values("post")).exclude(plan__in=plans)
    of = Q(pk__in=plans) | Q(pk__in=shared.order_by().values("plan"))
    facts = _read(PracticePlan.objects.filter(of), posts | shared, placements, on, loads)
    # Other plans and their posts are judged with their own; here they only say where these students are.
    wanted = set(plans)
    facts.plans = {pk: plan for pk, plan in facts.plans.items() if pk in wanted}
    facts.posts = {pk: post for pk, post in facts.posts.items() if post.plan.id in wanted}
    return facts


def of_posts(posts: Collection[int], on: date, loads: bool = False) -> Facts:
    """All about some posts and their plans, without placements."""
    rows = Post.objects.filter(pk__in=posts)
    return _read(PracticePlan.objects.filter(posts__in=posts).distinct(), rows, Placement.objects.none(), on, loads)


def of_placements(placements: Collection[int], on: date, loads: bool = False) -> Facts:
    """All about some placements, their posts and their plans."""
    rows = Placement.objects.filter(pk__in=placements)
    posts = Post.objects.filter(pk__in=rows.order_by().values("post"))
    # A register may have brought a placement at a post of another plan: both plans are read.
    plans = Q(pk__in=rows.order_by().values("plan")) | Q(pk__in=posts.order_by().values("plan"))
    return _read(PracticePlan.objects.filter(plans), posts, rows, on, loads)


def _read(plans: QuerySet, posts: QuerySet, placements: QuerySet, on: date, loads: bool) -> Facts:
    context = Context(on=on)
    facts = Facts(context)
    _read_plans(facts, plans)
    _read_units(facts, _read_posts(facts, posts))
    _read_placements(facts, placements)
    _read_context(facts, plans, placements, loads)
    return facts


def _read_plans(facts: Facts, plans: QuerySet) -> None:
    fields = (
        "id", "code", "title", "kind", "status", "major__code", "major__unit", "starts_on", "ends_on", "weeks",
        "published_on", "owner",
    )  # fmt: skip
    for row in plans.order_by().values_list(*fields):
        facts.plans[row[0]] = PlanFacts(*row)
    papers = PlanDocument.objects.filter(plan__in=facts.plans, archived_at=None).order_by("pk")
    for pk, plan, kind, issued_on in papers.values_list("pk", "plan", "kind", "issued_on"):
        facts.plans[plan].documents[kind] = (issued_on, pk)
    duties = PlanDuty.objects.filter(plan__in=facts.plans, archived_at=None).order_by("pk")
    for pk, plan, duty, confirmed_on in duties.values_list("pk", "plan", "duty", "confirmed_on"):
        facts.plans[plan].duties[duty] = (confirmed_on, pk)
    waiting = Complaint.objects.filter(placement__plan__in=facts.plans, archived_at=None)
    waiting = waiting.exclude(status=Complaint.Status.ANSWERED).order_by("received_on", "pk")
    for plan, received_on in waiting.values_list("placement__plan", "received_on"):
        facts.plans[plan].complaints.append(received_on)


def _read_posts(facts: Facts, posts: QuerySet) -> dict[int, OrganisationFacts]:
    """The posts with their units as far as one statement tells."""
    units: dict[int, OrganisationFacts] = {}
    unit_fields = (
        "organisation", "organisation__name", "organisation__uscc", "organisation__status",
        "organisation__status_reason", "organisation__industry", "organisation__region", "organisation__staff_count",
    )  # fmt: skip
    rows = posts.order_by().values("plan", "major_classes", "hazards", *_POST_FIELDS, *unit_fields)
    for row in rows:
        unit = units.get(row["organisation"])
        if unit is None:
            unit = units[row["organisation"]] = OrganisationFacts(
                id=row["organisation"],
                name=row["organisation__name"],
                uscc=row["organisation__uscc"] or "",
                status=row["organisation__status"],
                status_reason=row["organisation__status_reason"],
                industry=row["organisation__industry"] or "",
                region=row["organisation__region"] or "",
                staff=row["organisation__staff_count"],
            )
        plan = facts.plans[row["plan"]]
        facts.posts[row["id"]] = PostFacts(
            plan=plan,
            organisation=unit,
            major_classes=tuple(row["major_classes"]),
            hazards=tuple(row["hazards"]),
            starts_on=plan.starts_on,
            ends_on=plan.ends_on,
            **{name: row[name] for name in _POST_FIELDS},
        )
    return units


def _read_units(facts: Facts, units: dict[int, OrganisationFacts]) -> None:
    """What is known of the units: violations, inspections, filings, and who else is there when."""
    for row in Violation.objects.filter(organisation__in=units, archived_at=None).order_by("found_on", "pk"):
        units[row.organisation_id].violations.append(
            ViolationFacts(row.pk, row.kind, row.found_on, row.cleared_on, row.source)
        )
    fields = ("organisation", "pk", "inspected_on", "valid_until", "headings", "result")
    visits = Inspection.objects.filter(organisation__in=units, archived_at=None).order_by("inspected_on", "pk")
    for unit, pk, inspected_on, valid_until, headings, result in visits.values_list(*fields):
        units[unit].inspections.append(InspectionFacts(pk, inspected_on, valid_until, frozenset(headings), result))
    filings = Filing.objects.filter(organisation__in=units, archived_at=None).order_by("pk")
    for item in filings:
        units[item.organisation_id].filings.append(
            FilingFacts(
                id=item.pk,
                number=item.number,
                organisation=item.organisation_id,
                unit=item.unit_id,
                plan=item.plan_id,
                subjects=frozenset(item.subjects),
                starts_on=item.starts_on,
                ends_on=item.ends_on,
            )
        )
    there = Placement.objects.filter(post__organisation__in=units, archived_at=None, status__in=JUDGED).order_by()
    # The stretch of each post by its students of whatever kind of practice; head-counts only of post-level internships.
    counted = there.values_list("post__organisation", "post", "post__title", "plan__kind", "starts_on", "ends_on")
    interns = []
    for unit, post, title, kind, starts_on, ends_on, number in counted.annotate(number=Count("pk")):
        if kind == "post":
            interns.append((unit, title, starts_on, ends_on, number))
        known = facts.posts.get(post)
        if known is not None:
            known.starts_on, known.ends_on = min(known.starts_on, starts_on), max(known.ends_on, ends_on)
    facts.context.heads = HeadCounts(interns)


def _read_placements(facts: Facts, placements: QuerySet) -> None:
    fields = (
        "id", "post", "student", "student__number", "student__name", "student__sex", "student__birth_date",
        "student__cohort__entry_year", "starts_on", "ends_on", "status", "living", "supervisor", "mentor",
        "mentor__organisation", "ended_on", "score", "level", "agreement", "agreement__number", "agreement__title", "agreement__kind__code",
        "agreement__status", "agreement__signed_on", "agreement__starts_on", "agreement__ends_on", "plan",
    )  # fmt: skip
    papers: dict[int, list[AgreementFacts]] = defaultdict(list)
    for row in placements.order_by().values_list(*fields):
        post = facts.posts.get(row[1])
        if post is None:
            continue
        placement = PlacementFacts(row[0], post, *row[2:15], ended_on=row[15], score=row[16], level=row[17])
        if row[18] is not None:
            pk, number, title, kind, status, signed_on, starts_on, ends_on = row[18:26]
            placement.agreement = AgreementFacts(pk, number or title, kind, status, signed_on, starts_on, ends_on)
            papers[pk].append(placement.agreement)
        # At a shared post students of several plans work, each by their own plan's days and papers.
        placement.own_plan = facts.plans.get(row[-1])
        facts.placements[placement.id] = placement
    signers = AgreementParty.objects.filter(agreement__placements__in=placements.order_by(), archived_at=None)
    for _pk, agreement, role, name, unit, student in (
        signers.order_by("pk").values_list("pk", "agreement", "role", "name", "organisation", "student").distinct()
    ):
        for paper in papers.get(agreement, ()):
            paper.parties.append(PartyFacts(role, name, unit, student))
    consents = Consent.objects.filter(placement__in=placements.order_by(), archived_at=None).order_by("pk")
    for pk, placement_id, party, status, decided_on in consents.values_list(
        "pk", "placement", "party", "status", "decided_on"
    ):
        if placement_id in facts.placements:
            facts.placements[placement_id].consents[party] = ConsentFacts(pk, party, status, decided_on)
    _read_incidents(facts, placements)
    _read_of_students(facts, placements)


def _read_incidents(facts: Facts, placements: QuerySet) -> None:
    """What happened and is not dealt with yet, or of which somebody is still to be told though the time is over."""
    now = timezone.now()
    late = IncidentReport.objects.filter(incident=OuterRef("pk"), status=IncidentReport.Status.WAITING, due_at__lt=now)
    rows = Incident.objects.filter(placement__in=placements.order_by(), archived_at=None).order_by("happened_at", "pk")
    told = late.order_by().values("incident").annotate(names=ArrayAgg("recipient", order_by="recipient"))
    found = rows.annotate(untold=Subquery(told.values("names"))).filter(
        Q(untold__isnull=False) | Q(status=Incident.Status.OPEN)
    )
    for pk, placement, kind, at, status, untold in found.values_list(
        "pk", "placement", "kind", "happened_at", "status", "untold"
    ):
        if placement in facts.placements:
            incident = IncidentFacts(pk, kind, timezone.localdate(at), status, tuple(untold or ()))
            facts.placements[placement].incidents.append(incident)


def _read_of_students(facts: Facts, placements: QuerySet) -> None:
    by_student: dict[int, list[PlacementFacts]] = defaultdict(list)
    for placement in facts.placements.values():
        by_student[placement.student].append(placement)
    students = placements.order_by().values("student")
    covers = PolicyCover.objects.filter(student__in=students, archived_at=None, policy__archived_at=None)
    fields = (
        "student",
        "policy",
        "policy__number",
        "policy__kind",
        "policy__payer",
        "policy__starts_on",
        "policy__ends_on",
    )
    for student, *policy in covers.order_by("pk").values_list(*fields):
        for placement in by_student[student]:
            placement.covers.append(CoverFacts(*policy))
    tests = SafetyTest.objects.filter(student__in=students, plan__in=facts.plans, archived_at=None).order_by("pk")
    for student, plan, *test in tests.values_list("student", "plan", "pk", "taken_on", "passed", "score"):
        for placement in by_student[student]:
            if placement.plan.id == plan:
                placement.tests.append(SafetyFacts(*test))


def _read_context(facts: Facts, plans: QuerySet, placements: QuerySet, loads: bool) -> None:
    context = facts.context
    school = School.objects.filter(archived_at=None).order_by("pk").values_list("code", flat=True).first()
    context.province = school[2:4] if school else ""
    context.parents = dict(Unit.objects.order_by().values_list("pk", "parent"))
    for code, first, last in AcademicYear.objects.order_by().values_list("code", "starts_on", "ends_on"):
        context.calendar.years.append((first, last, int(code[:4])))
    stretch = [(post.starts_on, post.ends_on) for post in facts.posts.values()]
    if stretch:
        days = Holiday.objects.filter(day__range=(min(a for a, _b in stretch), max(b for _a, b in stretch)))
        context.calendar.exceptions = dict(days.order_by().values_list("day", "is_workday"))
    passes = Override.objects.filter(post__in=facts.posts, archived_at=None).order_by("pk")
    fields = (
        "pk", "rule", "post", "placement", "reason", "filing__number", "approver__name", "starts_on", "ends_on",
    )  # fmt: skip
    for pk, rule, post, placement, reason, filing, approver, starts_on, ends_on in passes.values_list(*fields):
        facts.overrides.append(
            OverrideFacts(pk, rule, post, placement, reason, filing or "", approver, starts_on, ends_on)
        )
    if loads:
        context.supervisors = _loads("supervisor", {item.supervisor for item in facts.placements.values()})
        context.mentors = _loads("mentor", {item.mentor for item in facts.placements.values()})
    over = placements.order_by("pk").filter(status__in=("ended", "graded"))
    rows = list(over)
    rules = GradeRule.objects.filter(archived_at=None).order_by("effective_from")
    context.grades = list(rules.values_list("effective_from", "effective_to", "code", "value"))
    if rows:
        spoken: dict[int, set[str]] = defaultdict(set)
        for pk, side in Evaluation._base_manager.filter(placement__in=rows, archived_at=None).values_list(
            "placement", "side"
        ):
            spoken[pk].add(side)
        for pk, sides in spoken.items():
            facts.placements[pk].evaluated = frozenset(sides)
        for pk, meter in running_archive.meters(rows).items():
            for kind, found in meter.items():
                context.archive.setdefault(kind, set()).update({pk} if found else ())


def _loads(path: str, people: set[int | None]) -> dict[int, list[tuple[date, date, int]]]:
    """The stretches in which each of these people has students, over all plans."""
    found: dict[int, list[tuple[date, date, int]]] = defaultdict(list)
    live = Placement.objects.filter(archived_at=None, status__in=JUDGED, **{f"{path}__in": people - {None}})
    rows: Any = live.order_by().values_list(path, "starts_on", "ends_on").annotate(number=Count("pk"))
    for person, starts_on, ends_on, number in rows:
        found[person].append((starts_on, ends_on, number))
    return found


def living_plans(on: date, days: int = 60) -> list[int]:
    """Plans that can still be mended: not over for longer than so many days."""
    rows = PracticePlan.objects.filter(archived_at=None, ends_on__gte=on - timedelta(days=days))
    return list(rows.exclude(status=PracticePlan.Status.DRAFT).order_by("pk").values_list("pk", flat=True))
