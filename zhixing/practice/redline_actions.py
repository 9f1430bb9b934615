"""What people do about red lines: let one pass by name and reason, end that again, file in batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.checks import CheckMessage, Error
from django.core.checks import register as register_check
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhixing.agreements import checks
from zhixing.intake.yaml_values import PackErrors
from zhixing.kernel import changes, events
from zhixing.kernel.acting import add, changing
from zhixing.kernel.flow import FlowError
from zhixing.kernel.scope import Actor
from zhixing.kernel.timeline import name_verbs
from zhixing.org.models import Person, Role, Unit
from zhixing.partners.models import Organisation
from zhixing.practice import redline_queries as queries
from zhixing.practice import redline_rules
from zhixing.practice import redline_store as store
from zhixing.practice.models import Filing, Finding, Override, Placement, Post, PracticePlan
from zhixing.practice.redline_checks import SPECS
from zhixing.practice.redline_facts import PostFacts
from zhixing.practice.redline_reading import JUDGED
from zhixing.practice.redline_rules import Rule, book, load_all, record_types


def rule_of(finding: Finding) -> Rule | None:
    """The rule a finding rests on, in the version of its layer on the day it was found."""
    rules = book()
    return rules.named(finding.rule, finding.layer, finding.found_on) or rules.named(finding.rule)


def may_let_pass(finding: Finding, actor: Actor) -> bool:
    """Whether somebody in one of the actor's roles may let this rule pass at all."""
    rule = rule_of(finding)
    return rule is not None and bool(set(rule.override) & actor.roles) and finding.post_id is not None


def let_pass(
    finding: Finding,
    *,
    by: Actor,
    reason: str,
    ends_on: date,
    filing: Filing | None = None,
    whole_post: bool = False,
    comment: str = "",
) -> Override:
    """Let a post or placement pass a rule from today or its first day on, until a day, with a reason and by name.

    Only who the rule names may; what blocks unless filed needs the filing. `whole_post` is for all students of the
    post. Raises FlowError or ValidationError when it may not be.
    """
    rule = rule_of(finding)
    if rule is None or not rule.override:
        raise FlowError(
            _("Nobody can let %(rule)s pass: it must be kept."), code="absolute", params={"rule": finding.rule}
        )
    if finding.cleared_on is not None:
        raise FlowError(_("This is mended already."), code="mended")
    if finding.post is None:
        raise FlowError(_("Only for a post or a placement can a rule be let pass."), code="no_post")
    if not by.can_on(finding, "approve") or not set(rule.override) & by.roles or by.person_id is None:
        names = "、".join(str(Role(role).label) for role in rule.override)
        raise FlowError(_("Only %(names)s may let this pass."), code="forbidden", params={"names": names})
    if finding.severity == "filed" and filing is None:
        raise ValidationError({"filing": _("This passes only with a filing: name it.")})
    if filing is not None and filing.organisation_id != finding.post.organisation_id:
        raise ValidationError({"filing": _("This filing is for another unit.")})
    today = timezone.localdate()
    if ends_on < today:
        raise ValidationError({"ends_on": _("The last day is over already.")})
    override = Override(
        rule=finding.rule,
        post=finding.post,
        placement=None if whole_post else finding.placement,
        reason=reason,
        filing=filing,
        approver=Person.objects.get(pk=by.person_id),
        starts_on=today,
        ends_on=ends_on,
    )
    with transaction.atomic():
        add(override, by=by, comment=comment or reason, follows=True)
        Finding.objects.filter(pk=finding.pk).update(override=override, updated_at=timezone.now())
        events.log(finding, "let_pass", by=by, comment=reason, data={"until": ends_on.isoformat()})
    return override


def end_override(override: Override, *, by: Actor, comment: str = "") -> None:
    """What was let pass is let pass no longer, from today on; it stays on the list."""
    today = timezone.localdate()
    if override.ends_on < today:
        raise FlowError(_("This ended on %(day)s."), code="over", params={"day": override.ends_on.isoformat()})
    with transaction.atomic():
        with changing(override, "end_override", by=by, comment=comment, capability="approve") as locked:
            # The day before, unless it began today: then nothing of it stays in force but its record.
            locked.ends_on = max(today - timedelta(days=1), locked.starts_on)
            if locked.starts_on >= today:
                locked.archived_at = timezone.now()


def pack_faults(app_configs: Any = None, **_more: Any) -> list[CheckMessage]:
    """What is wrong with the packs, for `manage.py check`: nothing is served with rules that could not be read wholly."""
    try:
        load_all(redline_rules.FOLDER, SPECS, record_types())
    except PackErrors as errors:
        return [Error(str(fault), id="practice.E001") for fault in errors.faults]
    return []


def register() -> None:
    """What others ask of the gate or are told by it: changes of records, agreements before they are signed, words of events."""
    register_check(pack_faults, "redline")
    changes.listen(store.refresh_touched)
    # No internship is signed that a red line stops: agreements ask, and know nothing of practice.
    checks.add_gate(queries.of_agreement)
    name_verbs(
        {
            "found": ("alert", gettext_lazy("Found by the gate")),
            "mended": ("check", gettext_lazy("No longer found")),
            "let_pass": ("signature", gettext_lazy("Let pass")),
            "end_override": ("x", gettext_lazy("No longer let pass")),
        }
    )


# Filing in batches -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ToFile:
    """What is still to be filed for one unit in one plan: its posts, the subjects, the stretch and the students."""

    organisation: Organisation
    plan: PracticePlan
    posts: tuple[Post, ...]
    subjects: tuple[str, ...]
    starts_on: date
    ends_on: date
    students: int

    @property
    def key(self) -> str:
        return f"{self.plan.pk}-{self.organisation.pk}"


def file_many(
    rows: Iterable[ToFile],
    *,
    by: Actor,
    number: str,
    authority: str,
    filed_on: date,
    reason: str = "",
) -> list[Filing]:
    """Enter one answer of the authority for several units at once: a filing for each unit and plan, numbered on where there are more.

    All or nothing. Raises ValidationError when a number is taken, or the filing came after the first day.
    """
    chosen = list(rows)
    if not chosen:
        raise ValidationError(_("Choose at least one unit."), code="none")
    late = [row.organisation.name for row in chosen if row.starts_on < filed_on]
    if late:
        raise ValidationError(
            _("A filing is made before what it is for begins: %(names)s."),
            code="late",
            params={"names": "、".join(late)},
        )
    made: list[Filing] = []
    with transaction.atomic():
        for place, row in enumerate(chosen, 1):
            filing = Filing(
                number=number if len(chosen) == 1 else f"{number}-{place}",
                unit=Unit.objects.get(pk=row.plan.major.unit_id),
                organisation=row.organisation,
                plan=row.plan,
                subjects=list(row.subjects),
                authority=authority,
                filed_on=filed_on,
                starts_on=row.starts_on,
                ends_on=row.ends_on,
                reason=reason,
            )
            made.append(add(filing, by=by))
    return made


_SUBJECTS = {
    "hazard_not_filed": "hazard",
    "rest_days_not_filed": "rest_days",
    "rest_days_by_hours": "rest_days",
    "overtime_not_filed": "overtime",
    "night_not_filed": "night",
    "province_not_filed": "province",
    "abroad_not_filed": "abroad",
}
_ORDER = list(Filing.Subject.values)


def to_file(plans: Collection[PracticePlan]) -> list[ToFile]:
    """What is still to be filed in some plans, by unit: hazards, rest days, shifts, other provinces; a constant number of queries."""
    known = {plan.pk: plan for plan in plans}
    facts: dict[tuple[int, int], dict[int, PostFacts]] = {}
    subjects: dict[tuple[int, int], set[str]] = {}
    for verdict in queries.of_plans(list(known)):
        codes = {_SUBJECTS[hit.code] for hit in verdict.hits if hit.code in _SUBJECTS}
        if codes and isinstance(verdict.subject, PostFacts):
            key = (verdict.subject.plan.id, verdict.subject.organisation.id)
            facts.setdefault(key, {})[verdict.subject.id] = verdict.subject
            subjects.setdefault(key, set()).update(codes)
    keys = [pk for rows in facts.values() for pk in rows]
    posts = {post.pk: post for post in Post.objects.filter(pk__in=keys).select_related("organisation")}
    live = Placement.objects.filter(post__in=keys, archived_at=None, status__in=JUDGED).order_by()
    students = Counter(live.values_list("post", flat=True))
    found = [
        ToFile(
            organisation=posts[min(rows)].organisation,
            plan=known[plan],
            posts=tuple(posts[pk] for pk in sorted(rows)),
            subjects=tuple(sorted(subjects[plan, unit], key=_ORDER.index)),
            starts_on=min(row.starts_on for row in rows.values()),
            ends_on=max(row.ends_on for row in rows.values()),
            students=sum(students[pk] for pk in rows),
        )
        for (plan, unit), rows in facts.items()
    ]
    return sorted(found, key=lambda row: (row.starts_on, row.plan.code, row.organisation.name))
