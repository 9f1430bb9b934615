"""How red-line findings and overrides look: the list of what stands, and the list of what was let pass, for inspection."""

from __future__ import annotations

from functools import cached_property

from django.db.models import BooleanField, Case, Q, Value, When
from django.utils.translation import gettext_lazy as _

from zhixing.kernel.sheet import Action, Computed, Sheet
from zhixing.practice import models
from zhixing.practice import redline_actions as actions
from zhixing.practice import redline_forms as forms
from zhixing.practice import redline_panels as panels


def _is(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


class FindingSheet(Sheet):
    model = models.Finding
    icon = "shield"
    description = _("Red lines that plans, posts and placements do not keep, since when, and what has been mended.")
    columns = ("rule", "severity", "plan", "post", "placement", "found_on", "cleared_on", "override")
    computed = {
        "stands": Computed(_("stands"), _is(Q(cleared_on=None, override=None)), numeric=False),
        "stops": Computed(_("stops now"), _is(Q(cleared_on=None, override=None) & ~Q(severity="warn")), numeric=False),
    }
    filters = (
        "stands",
        "stops",
        "rule",
        "severity",
        "layer",
        "plan",
        "plan__major__unit",
        "plan__major",
        "post",
        "post__organisation",
        "placement",
        "found_on",
        "cleared_on",
    )
    tabs = "severity"
    marks = ("stops", "stands")
    search = ("rule", "plan__title", "post__title", "post__organisation__name", "placement__student__name")
    groups = (
        (_("Rule"), ("rule", "article", "layer", "severity")),
        (_("About"), ("plan", "post", "placement")),
        (_("Since and until"), ("found_on", "cleared_on", "override")),
    )
    actions = (
        Action(
            "let_pass",
            _("Let pass"),
            actions.let_pass,
            capability="approve",
            icon="check",
            form=forms.LetPassForm,
            available=lambda record: record.cleared_on is None and record.post_id is not None,
            offered=actions.may_let_pass,
        ),
    )
    panels = (panels.finding_panel,)
    natural_key = ("rule", "plan", "post", "placement")

    @cached_property
    def all_columns(self) -> tuple[str, ...]:
        # What was found is said in words on the record's page.
        return tuple(name for name in super().all_columns if name != "detail")


class OverrideSheet(Sheet):
    model = models.Override
    icon = "signature"
    description = _("Who let which red line pass for whom, why, until when and under which filing.")
    columns = ("rule", "post", "placement", "reason", "filing", "approver", "starts_on", "ends_on")
    filters = (
        "rule",
        "post__plan",
        "post__plan__major__unit",
        "post",
        "post__organisation",
        "placement",
        "approver",
        "filing",
        "starts_on",
        "ends_on",
    )
    search = ("rule", "reason", "post__title", "post__organisation__name", "placement__student__name", "filing__number")
    groups = (
        (_("Let pass"), ("rule", "post", "placement", "reason", "filing")),
        (_("Time"), ("starts_on", "ends_on")),
    )
    related = ("findings",)
    actions = (
        Action(
            "end_override",
            _("End it"),
            actions.end_override,
            capability="approve",
            icon="x",
            comment="required",
            danger=True,
        ),
    )
    natural_key = ("rule", "post", "placement", "starts_on")
