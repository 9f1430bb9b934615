"""Keeps what the gate finds: each finding opened once, changed when its numbers change, cleared when it is mended.

Safe to repeat: with nothing changed nothing is written. Two runs over the same plans follow one another.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import override

from zhixing.agreements.models import Agreement, AgreementParty
from zhixing.kernel import changes, events
from zhixing.kernel.models import Record
from zhixing.kernel.scope import SYSTEM
from zhixing.org.models import Student
from zhixing.partners.models import Organisation
from zhixing.practice import redline_gate as gate
from zhixing.practice import redline_queries as queries
from zhixing.practice import redline_reading as reading
from zhixing.practice.models import (
    Complaint,
    Consent,
    Evaluation,
    Filing,
    Finding,
    Incident,
    IncidentReport,
    Inspection,
    InsurancePolicy,
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
from zhixing.practice.redline_facts import Facts
from zhixing.practice.redline_gate import State, Verdict
from zhixing.practice.redline_rules import Book, book

if TYPE_CHECKING:
    from django.db.models import Model

Key = tuple[str, int, int | None, int | None]
_KEPT = ("article", "layer", "severity", "detail", "override_id")
# With more placements than this touched at once their whole plans are looked at again.
_MANY = 300
# A register of more rows than this is left to the night: whoever imports it does not wait.
_TOO_MANY = 5000


@dataclass
class Refreshed:
    """What one run changed; `opened` are the ids of findings that are new."""

    opened: list[int]
    updated: int = 0
    cleared: int = 0


def refresh_plans(plans: Collection[int], on: date | None = None, rules: Book | None = None) -> Refreshed:
    """Look at some plans (ids) with all their posts and placements, and keep what is found."""
    rules = rules or book()
    day = on or timezone.localdate()
    with transaction.atomic():
        _lock(plans)
        facts = reading.of_plans(plans, day, queries.loads_asked(rules))
        return _keep(Finding.objects.filter(plan__in=plans), gate.judge(facts, rules), day)


def refresh_placements(placements: Collection[int], on: date | None = None, rules: Book | None = None) -> Refreshed:
    """Look at some placements (ids), their posts and plans, and keep what is found about them."""
    rules = rules or book()
    day = on or timezone.localdate()
    with transaction.atomic():
        _lock(Placement.objects.filter(pk__in=placements).order_by().values_list("plan", flat=True))
        facts = reading.of_placements(placements, day, queries.loads_asked(rules))
        verdicts = [row for row in gate.judge(facts, rules) if row.kind != "placement" or _judged(row)]
        return _keep(_about(facts, placements), verdicts, day)


def _judged(verdict: Verdict) -> bool:
    return verdict.subject.status in reading.JUDGED


def _about(facts: Facts, placements: Collection[int]) -> Any:
    """The findings about exactly what was read."""
    condition = Q(placement__in=placements)
    condition |= Q(placement=None, post__in=facts.posts) | Q(post=None, plan__in=facts.plans)
    return Finding.objects.filter(condition)


def _lock(plans: Iterable[int]) -> None:
    """Runs over the same plans (ids) follow one another. No row is held: whoever works on the plans meanwhile waits for nobody."""
    with connection.cursor() as cursor:
        # In order, so that two runs over several plans do not wait for one another.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('practice.red_lines'), plan)"
            " FROM (SELECT unnest(%s::int[]) AS plan ORDER BY 1) AS ordered",
            [sorted(set(plans))],
        )


def _keep(standing: Any, verdicts: Iterable[Verdict], day: date) -> Refreshed:
    with override("zh-hans"):
        wanted = {
            verdict.key: verdict for verdict in verdicts if verdict.state in (State.RED, State.WARN, State.PASSED)
        }
        values = {key: _values(verdict) for key, verdict in wanted.items()}
    known: dict[Key, Finding] = {
        (row.rule, row.plan_id, row.post_id, row.placement_id): row
        for row in standing.filter(cleared_on=None, archived_at=None).order_by("pk")
    }
    new = [
        Finding(rule=key[0], plan_id=key[1], post_id=key[2], placement_id=key[3], found_on=day, **values[key])
        for key in wanted
        if key not in known
    ]
    changed, cleared = [], []
    for key, row in known.items():
        if key not in wanted:
            row.cleared_on = max(day, row.found_on)
            cleared.append(row)
        elif any(getattr(row, name) != values[key][name] for name in _KEPT):
            for name in _KEPT:
                setattr(row, name, values[key][name])
            changed.append(row)
    Finding.objects.bulk_create(new, batch_size=1000)
    Finding.objects.bulk_update(changed, _fields(), batch_size=500)
    Finding.objects.bulk_update(cleared, ["cleared_on"], batch_size=500)
    _tell(new, "found")
    _tell(cleared, "mended")
    if new or changed or cleared:
        changes.touched(Finding, [row.pk for row in (*new, *changed, *cleared)])
    return Refreshed([row.pk for row in new], len(changed), len(cleared))


def _fields() -> list[str]:
    return [name.removesuffix("_id") for name in _KEPT]


def _tell(findings: list[Finding], verb: str) -> None:
    """One event each; titles are read with the rows, not row by row."""
    if findings:
        keys = [row.pk for row in findings]
        named = Finding.objects.filter(pk__in=keys).select_related("plan", "post__organisation", "placement__student")
        events.log_many(named.select_related("placement__post__organisation"), verb, by=SYSTEM)


def _values(verdict: Verdict) -> dict[str, Any]:
    return {
        "article": verdict.rule.cites()[:120],
        "layer": verdict.rule.layer,
        "severity": verdict.severity,
        "detail": [hit.as_data() for hit in verdict.hits],
        "override_id": verdict.override.id if verdict.override else None,
    }


# What a change of a record can move --------------------------------------------------------------------------------


def _with_posts(condition: Q) -> Q:
    """The plans that keep such posts, and those whose students are at one that is shared with them."""
    posts = Post._base_manager.filter(condition).order_by()
    placed = Placement._base_manager.filter(post__in=posts.values("pk")).order_by()
    return Q(pk__in=posts.values("plan")) | Q(pk__in=placed.values("plan"))


def _of_units(model: type[Record]) -> Callable[[Collection[int]], Q]:
    """The plans with students or posts at the units that these records are about."""

    def plans(keys: Collection[int]) -> Q:
        return _with_posts(Q(organisation__in=model._base_manager.filter(pk__in=keys).values("organisation")))

    return plans


# Record type → which plans it concerns, as a condition on plans.
_PLANS: dict[Any, Callable[[Collection[int]], Q]] = {
    PracticePlan: lambda keys: Q(pk__in=keys),
    PlanDocument: lambda keys: Q(documents__in=keys),
    PlanDuty: lambda keys: Q(duties__in=keys),
    Complaint: lambda keys: Q(placements__complaints__in=keys),
    Post: lambda keys: _with_posts(Q(pk__in=keys)),
    Override: lambda keys: _with_posts(Q(overrides__in=keys)),
    Organisation: lambda keys: _with_posts(Q(organisation__in=keys)),
    Filing: _of_units(Filing),
    Inspection: _of_units(Inspection),
    Violation: _of_units(Violation),
}
# Record type → which placements it concerns, as a condition on placements.
_PLACEMENTS: dict[Any, Callable[[Collection[int]], Q]] = {
    Placement: lambda keys: Q(pk__in=keys),
    Consent: lambda keys: Q(consents__in=keys),
    SafetyTest: lambda keys: Q(student__safety_tests__in=keys),
    PolicyCover: lambda keys: Q(student__covers__in=keys),
    InsurancePolicy: lambda keys: Q(student__covers__policy__in=keys),
    Student: lambda keys: Q(student__in=keys),
    Agreement: lambda keys: Q(agreement__in=keys),
    AgreementParty: lambda keys: Q(agreement__parties__in=keys),
    Evaluation: lambda keys: Q(evaluations__in=keys),
    Incident: lambda keys: Q(incidents__in=keys),
    IncidentReport: lambda keys: Q(incidents__reports__in=keys),
}


def refresh_touched(model: type[Model], keys: set[int]) -> None:
    """Look again at what a change of records can have moved; told by `kernel.changes` after each commit."""
    if len(keys) > _TOO_MANY or (model not in _PLANS and model not in _PLACEMENTS):
        return
    today = timezone.localdate()
    living = Q(archived_at=None, pk__in=reading.living_plans(today))
    if model in _PLANS:
        plans = PracticePlan.objects.filter(living, _PLANS[model](keys)).order_by("pk").distinct()
        found = list(plans.values_list("pk", flat=True))
        if found:
            refresh_plans(found, today)
    else:
        rows = Placement.objects.filter(_PLACEMENTS[model](keys), plan__in=PracticePlan.objects.filter(living))
        placements = list(rows.order_by("pk").distinct().values_list("pk", "plan"))
        if len(placements) > _MANY:
            refresh_plans(sorted({plan for _pk, plan in placements}), today)
        elif placements:
            refresh_placements([pk for pk, _plan in placements], today)
