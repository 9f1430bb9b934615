"""开始前检查: what every student still lacks before the practice may begin, and with whom it lies (I-16 – I-33).

All placements of a plan are looked at with a fixed number of queries. An item that rests on a national rule is dropped
where the office let that rule pass for the post or the placement; what only the red-line gate knows is added to it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhixing.agreements.models import SIGNED, UNBROKEN, SignatureRequest
from zhixing.kernel.scope import Actor
from zhixing.partners.models import Contact
from zhixing.practice import ages
from zhixing.practice.covers import covered_days, gaps_of
from zhixing.practice.placements import Consent, Placement, SafetyTest
from zhixing.practice.plans import PlanDocument, PracticeKind, PracticePlan
from zhixing.practice.posts import Post
from zhixing.practice.redlines import Override

# Who has the ball.
HOLDERS = {
    "student": gettext_lazy("student"),
    "guardian": gettext_lazy("guardian"),
    "firm": gettext_lazy("firm"),
    "college": gettext_lazy("college"),
}


@dataclass(frozen=True)
class Check:
    """One thing that must be there: its rule, who sees to it, and how it is called."""

    code: str
    rule: str
    holder: str
    label: Any
    # Asked of every kind of practice, or of the internship at a post alone.
    post_only: bool = True


CHECKS = (
    Check("documents", "I-33", "college", gettext_lazy("documents of the plan"), post_only=False),
    Check("supervisor", "I-25", "college", gettext_lazy("supervisor"), post_only=False),
    Check("mentor", "I-25", "firm", gettext_lazy("mentor")),
    Check("accepted", "I-21", "firm", gettext_lazy("accepted by the firm")),
    Check("consent_student", "I-16", "student", gettext_lazy("student's consent")),
    Check("consent_guardian", "I-16", "guardian", gettext_lazy("guardian's consent")),
    Check("agreement", "I-21", "college", gettext_lazy("tripartite agreement")),
    Check("safety", "I-26", "student", gettext_lazy("safety test passed"), post_only=False),
    Check("insurance", "I-27", "college", gettext_lazy("liability insurance for all days")),
)
BY_CODE = {check.code: check for check in CHECKS}


@dataclass(frozen=True)
class Missing:
    """What one placement lacks: the check or the red line, with whom it lies by name, and what exactly."""

    code: str
    rule: str
    label: str
    holder: str
    who: str
    detail: str = ""

    @property
    def holder_label(self) -> Any:
        return HOLDERS.get(self.holder, self.holder)


def rows_of(plan: PracticePlan) -> QuerySet:
    """The placements of a plan that are not over, with what the checks look at."""
    rows = Placement.objects.filter(plan=plan, archived_at=None, status__in=Placement.LIVE)
    return with_needs(rows)


def visible_rows(plan: PracticePlan, actor: Actor) -> list[Placement]:
    """Those of them that an actor may see."""
    return list(rows_of(plan).visible_to(actor))  # type: ignore[attr-defined]


def with_needs(rows: QuerySet) -> QuerySet:
    return rows.select_related(
        "plan__owner",
        "plan__major__unit",
        "student__cohort",
        "post__organisation",
        "supervisor",
        "mentor",
        "agreement",
    ).order_by("student__number")


def missing(placements: Iterable[Placement], *, red_lines: bool = True) -> dict[int, list[Missing]]:
    """What each placement lacks before it may start; an empty list for whoever is ready. The placements need `with_needs`."""
    rows = list(placements)
    if not rows:
        return {}
    facts = _Facts(rows)
    found = {row.pk: [item for item in facts.of(row) if not facts.let_pass(row, item.rule)] for row in rows}
    if red_lines:
        from zhixing.practice import gate  # the red lines read placements, and this module reads the red lines

        for pk, findings in gate.blocking(rows, "start").items():
            said = {item.rule for item in found[pk]}
            found[pk] += [
                Missing(f"red_line:{rule}", rule, _("red line %(rule)s") % {"rule": rule}, "college", "", words)
                for rule, words in findings
                if rule not in said
            ]
    return found


class _Facts:
    """What the checks need of all placements at once."""

    def __init__(self, rows: Sequence[Placement]):
        keys = [row.pk for row in rows]
        students = {row.student_id for row in rows}
        plans = {row.plan_id for row in rows}
        self.consents = {
            (placement, party)
            for placement, party in Consent.objects.filter(
                placement__in=keys, status=Consent.Status.GIVEN, archived_at=None
            ).values_list("placement", "party")
        }
        passed = SafetyTest.objects.filter(plan__in=plans, student__in=students, passed=True, archived_at=None)
        self.tested = set(passed.values_list("plan", "student"))
        self.documents: dict[int, set[str]] = defaultdict(set)
        for plan, kind in PlanDocument.objects.filter(plan__in=plans, archived_at=None).values_list("plan", "kind"):
            self.documents[plan].add(kind)
        self.spans = covered_days(students)
        self.contacts = _contacts({row.post.organisation_id for row in rows if row.accepted_on is None})
        self.signers = _open_signers([row.agreement_id for row in rows if row.agreement_id])
        today = timezone.localdate()
        held = Override.objects.filter(archived_at=None, starts_on__lte=today, ends_on__gte=today)
        posts = {row.post_id for row in rows}
        passing = held.filter(Q(placement__in=keys) | Q(placement=None, post__in=posts))
        self.passing = set(passing.values_list("rule", "post", "placement"))

    def let_pass(self, row: Placement, rule: str) -> bool:
        return (rule, row.post_id, None) in self.passing or (rule, row.post_id, row.pk) in self.passing

    def of(self, row: Placement) -> list[Missing]:
        is_post = row.plan.kind == PracticeKind.POST
        return [
            item
            for check in CHECKS
            if is_post or not check.post_only
            if (item := getattr(self, f"_{check.code}")(row, check)) is not None
        ]

    @staticmethod
    def _lack(check: Check, who: str, detail: str = "", holder: str = "") -> Missing:
        return Missing(check.code, check.rule, str(check.label), holder or check.holder, who, detail)

    def _documents(self, row: Placement, check: Check) -> Missing | None:
        asked = (
            PlanDocument.Kind
            if row.plan.kind == PracticeKind.POST
            else (PlanDocument.Kind.SAFETY, PlanDocument.Kind.SCHEME)
        )
        lacking = [str(kind.label) for kind in asked if kind not in self.documents[row.plan_id]]
        return self._lack(check, _plan_owner(row.plan), "、".join(lacking)) if lacking else None

    def _supervisor(self, row: Placement, check: Check) -> Missing | None:
        return None if row.supervisor_id else self._lack(check, _plan_owner(row.plan))

    def _mentor(self, row: Placement, check: Check) -> Missing | None:
        return None if row.mentor_id else self._lack(check, row.post.organisation.name)

    def _accepted(self, row: Placement, check: Check) -> Missing | None:
        # A firm that has signed for the student needs not say so twice.
        if row.accepted_on is not None or (row.agreement is not None and row.agreement.status in SIGNED):
            return None
        firm = row.post.organisation
        contact = self.contacts.get(firm.pk)
        return self._lack(check, f"{contact}（{firm.name}）" if contact else firm.name)

    def _consent_student(self, row: Placement, check: Check) -> Missing | None:
        if (row.pk, Consent.Party.STUDENT) in self.consents or row.post.source == Post.Source.STUDENT:
            return None
        return self._lack(check, row.student.name)

    def _consent_guardian(self, row: Placement, check: Check) -> Missing | None:
        if (row.pk, Consent.Party.GUARDIAN) in self.consents:
            return None
        minor = is_minor(row)
        if row.post.source == Post.Source.STUDENT and not minor and row.living != Placement.Living.ELSEWHERE:
            return None
        return self._lack(check, row.student.guardian_name or _("guardian of %(name)s") % {"name": row.student.name})

    def _agreement(self, row: Placement, check: Check) -> Missing | None:
        agreement = row.agreement
        if agreement is None:
            return self._lack(check, _plan_owner(row.plan), _("not made yet"))
        if agreement.status in UNBROKEN:
            return None
        names = self.signers.get(agreement.pk, [])
        roles = {role for role, _name in names}
        holder = next((role for role in ("student", "guardian") if role in roles), "firm" if roles else "college")
        who = "、".join(name for _role, name in names) or _plan_owner(row.plan)
        return self._lack(check, who, str(agreement.get_status_display()), holder)

    def _safety(self, row: Placement, check: Check) -> Missing | None:
        return None if (row.plan_id, row.student_id) in self.tested else self._lack(check, row.student.name)

    def _insurance(self, row: Placement, check: Check) -> Missing | None:
        gaps = gaps_of(row.starts_on, row.ends_on, self.spans.get(row.student_id, []))
        if not gaps:
            return None
        days = "、".join(f"{first.isoformat()} – {last.isoformat()}" for first, last in gaps[:2])
        return self._lack(check, _plan_owner(row.plan), days)


def _plan_owner(plan: PracticePlan) -> str:
    return plan.owner.name if plan.owner else str(plan.major.unit)


def is_minor(row: Placement) -> bool:
    """Whether the student is under age on the first day of the practice."""
    return ages.is_minor(row.student.birth_date, row.starts_on, row.plan.kind)


def _contacts(firms: set[int]) -> dict[int, str]:
    """Who speaks for each firm (id): human resources first, then who signs, then anybody on record."""
    order: dict[str, int] = {Contact.Role.HR: 0, Contact.Role.SIGNATORY: 1}
    rows = Contact.objects.filter(organisation__in=firms, archived_at=None).values_list(
        "organisation", "role", "name", "pk"
    )
    found: dict[int, str] = {}
    for firm, _role, name, _pk in sorted(rows, key=lambda row: (order.get(row[1], 2), row[3])):
        found.setdefault(firm, name)
    return found


def _open_signers(agreements: list[int]) -> dict[int, list[tuple[str, str]]]:
    asked = SignatureRequest.objects.filter(
        agreement__in=agreements, state=SignatureRequest.State.OPEN, archived_at=None
    )
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for agreement, role, name in asked.order_by("order", "pk").values_list("agreement", "party__role", "signer_name"):
        found[agreement].append((role, name))
    return found


# A plan as a whole --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One student of the start checklist."""

    placement: Placement
    missing: list[Missing]

    @property
    def ready(self) -> bool:
        return not self.missing


@dataclass(frozen=True)
class Board:
    """The start checklist of a plan: everybody, and how often each thing is missing."""

    lines: list[Line]
    counts: list[tuple[str, str, int]]

    @property
    def ready(self) -> int:
        return sum(line.ready for line in self.lines)

    def lacking(self, code: str) -> list[Line]:
        return [line for line in self.lines if any(item.code == code for item in line.missing)]


def board(placements: Iterable[Placement]) -> Board:
    """The checklist of placements that have not begun (`with_needs`)."""
    rows = [row for row in placements if row.status in (Placement.Status.PROPOSED, Placement.Status.CONFIRMED)]
    found = missing(rows)
    lines = [Line(row, found[row.pk]) for row in rows]
    counted: Counter[str] = Counter()
    labels: dict[str, str] = {}
    for line in lines:
        for item in line.missing:
            counted[item.code] += 1
            labels[item.code] = item.label
    order = {check.code: place for place, check in enumerate(CHECKS)}
    counts = [(code, labels[code], counted[code]) for code in sorted(counted, key=lambda c: (order.get(c, 99), c))]
    return Board(lines, counts)
