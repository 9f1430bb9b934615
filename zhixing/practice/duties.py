"""实习责任确认: what no record of the college can show, and a named person stands for with a date (I-17, I-30, I-34)."""

from __future__ import annotations

from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from zhixing.kernel import events
from zhixing.kernel.acting import add
from zhixing.kernel.flow import FlowError
from zhixing.kernel.models import Record, tracked
from zhixing.kernel.scope import Actor, Scope
from zhixing.org.models import Person
from zhixing.practice.plans import OF_PLAN, PracticeKind, PracticePlan


@tracked
class PlanDuty(Record):
    """A duty of the school for one plan, which a person of the school has confirmed by name; the red lines ask for it."""

    class Duty(models.TextChoices):
        VOLUNTARY = "voluntary", gettext_lazy("nobody is forced, and nobody earns by it")
        EVALUATION = "evaluation", gettext_lazy("graded by both sides, not by the firm's rules for its staff")
        COMPLAINTS = "complaints", gettext_lazy("a public telephone or address for complaints")

    plan = models.ForeignKey(
        PracticePlan, models.CASCADE, related_name="duties", verbose_name=gettext_lazy("practice plan")
    )
    duty = models.CharField(pgettext_lazy("practice", "duty"), max_length=12, choices=Duty)
    statement = models.CharField(gettext_lazy("how it is kept"), max_length=300, blank=True)
    phone = models.CharField(gettext_lazy("telephone for complaints"), max_length=40, blank=True)
    email = models.EmailField(gettext_lazy("e-mail for complaints"), blank=True)
    person = models.ForeignKey(
        Person, models.PROTECT, related_name="practice_duties", verbose_name=gettext_lazy("confirmed by")
    )
    confirmed_on = models.DateField(gettext_lazy("confirmed on"), default=timezone.localdate)
    scope = Scope(units=("plan__major__unit",), people=OF_PLAN)
    lookup = ("plan__code", "plan__title")
    title_needs = ("plan",)

    class Meta:
        verbose_name = gettext_lazy("confirmed duty")
        verbose_name_plural = gettext_lazy("confirmed duties")
        ordering = ["plan_id", "duty"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "duty"],
                condition=Q(archived_at=None),
                name="plan_duty_once",
                violation_error_message=gettext_lazy("This duty is already confirmed for the plan."),
            ),
            models.CheckConstraint(
                name="plan_duty_channel",
                condition=~Q(duty="complaints") | ~Q(phone="") | ~Q(email=""),
                violation_error_message=gettext_lazy("Give a telephone or an e-mail address for complaints."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan} · {self.get_duty_display()}"


# What the red lines ask: the rule for which each duty stands.
RULES = {PlanDuty.Duty.VOLUNTARY: "I-17", PlanDuty.Duty.EVALUATION: "I-30", PlanDuty.Duty.COMPLAINTS: "I-34"}


def confirm(
    plan: PracticePlan,
    *,
    by: Actor,
    duty: str,
    statement: str = "",
    phone: str = "",
    email: str = "",
    comment: str = "",
) -> PlanDuty:
    """Confirm a duty of a plan, by the caller's own name and today; once.

    Raises FlowError for whoever may not change the plan or is no person of the school, ValidationError when it was
    confirmed before, or complaints have neither telephone nor address.
    """
    if not by.can_on(plan, "change"):
        raise FlowError(_("You may not change this record."), code="forbidden")
    if by.person_id is None:
        raise FlowError(_("Only a person of the school can confirm this, by name."), code="nobody")
    given: dict[str, Any] = {
        "statement": statement.strip(),
        "phone": phone.strip(),
        "email": email.strip(),
        "confirmed_on": timezone.localdate(),
    }
    with transaction.atomic():
        row = PlanDuty(plan=plan, duty=duty, person=Person.objects.get(pk=by.person_id), **given)
        add(row, by=by, comment=comment, follows=True)
        events.log(plan, "duty_confirmed", by=by, comment=comment, data={"duty": duty})
    return row


def asked(plan: PracticePlan) -> list[dict[str, Any]]:
    """The duties of an internship plan with their rule, and who confirmed each when; nothing for other kinds of practice."""
    if plan.kind != PracticeKind.POST:
        return []
    rows = {row.duty: row for row in plan.duties.filter(archived_at=None).select_related("person")}  # type: ignore[attr-defined]
    return [
        {"duty": duty.value, "label": duty.label, "rule": RULES[duty], "row": rows.get(duty.value)}
        for duty in PlanDuty.Duty
    ]


def is_asked(plan: PracticePlan) -> bool:
    """Whether a duty of the plan still waits to be confirmed."""
    return any(item["row"] is None for item in asked(plan))


def channel_of(plan: int | None) -> PlanDuty | None:
    """Where students and guardians of a plan (id) may complain besides this system."""
    return PlanDuty.objects.filter(plan=plan, duty=PlanDuty.Duty.COMPLAINTS, archived_at=None).first()
