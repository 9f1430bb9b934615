"""How the registers of the policy look: policies, rules and their versions, standings, waivers, acknowledgements."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from zhixing.kernel.sheet import Action, Sheet, flow_action
from zhixing.policy import actions, models

_LACKING = {models.State.ON_TRACK, models.State.AT_RISK, models.State.UNMET}


class PolicySheet(Sheet):
    model = models.Policy
    icon = "policy"
    description = _("The documents that the college is held to, with their layer, dates and upstream basis.")
    columns = ("number", "title", "issuer", "level", "status", "issued_on", "starts_on", "ends_on")
    filters = ("level", "status", "issued_on")
    tabs = "status"
    search = ("code", "number", "title__zh-hans", "title__en")
    groups = ((_("policy"), ("number", "title", "issuer", "level", "status", "issued_on", "starts_on", "ends_on")),)


class RuleSheet(Sheet):
    model = models.Rule
    icon = "scales"
    description = _("The machine check of each duty: what is counted, for whom, and what meets it.")
    columns = ("code", "title", "duty", "applies_to", "period", "holder", "pending")
    filters = ("policy", "applies_to", "period", "holder", "pending")
    search = ("code", "title__zh-hans", "title__en", "measure")
    groups = ((_("Rule"), ("code", "title", "policy", "duty", "applies_to", "measure", "period", "holder", "pending")),)
    natural_key = ("policy", "code")


class RuleVersionSheet(Sheet):
    model = models.RuleVersion
    icon = "history"
    description = _("The numbers of each rule from one day on; every change is approved and none is lost.")
    columns = ("rule", "starts_on", "ends_on", "weight", "source", "status", "reason")
    filters = ("rule", "source", "status", "starts_on")
    tabs = "status"
    search = ("rule__code", "reason")
    groups = (
        (_("Numbers"), ("rule", "target", "full_mark", "parameters", "warn", "weight")),
        (_("Validity"), ("starts_on", "ends_on", "source", "status", "reason")),
    )
    actions = (flow_action(models.RuleVersion.flow, "submit", run=actions.submit_version, bulk=False),)
    natural_key = ("rule", "starts_on", "source", "status")


class StandingSheet(Sheet):
    model = models.Standing
    icon = "target"
    description = _("Where every unit stands with every rule: value, target, state, evidence, due day and holder.")
    columns = (
        "rule",
        "unit_name",
        "unit",
        "period_code",
        "value",
        "target",
        "state",
        "evidence_count",
        "due",
        "holder",
    )
    filters = ("rule", "rule__duty__clause", "state", "unit", "unit_scope", "year", "period_code", "holder", "due")
    tabs = "state"
    search = ("unit_code", "unit_name", "rule__code", "rule__title__zh-hans", "rule__title__en")
    groups = (
        (
            _("Standing"),
            ("rule", "unit_name", "unit", "year", "period_code", "state", "value", "target", "evidence_count"),
        ),
        (_("Who and when"), ("holder", "due", "breaks_on", "found_on")),
    )
    actions = (
        Action(
            "remind",
            _("Remind the holder"),
            actions.remind_one,
            capability="approve",
            icon="bell",
            available=lambda standing: standing.state in _LACKING and standing.frozen_at is None,
        ),
    )
    natural_key = ("rule", "unit_scope", "unit_key", "period_code")


class WaiverSheet(Sheet):
    model = models.Waiver
    icon = "shield"
    description = _("Units excused from a rule for a time, with reason and approver.")
    columns = ("rule", "unit", "unit_name", "reason", "starts_on", "ends_on", "status", "approver")
    filters = ("rule", "unit", "status", "starts_on", "ends_on")
    tabs = "status"
    search = ("rule__code", "unit__name", "unit_name", "reason")
    groups = ((_("Waiver"), ("rule", "unit", "reason", "starts_on", "ends_on", "status")),)
    actions = (
        flow_action(models.Waiver.flow, "approve", run=actions.approve_waiver),
        flow_action(models.Waiver.flow, "reject", run=actions.reject_waiver),
        flow_action(models.Waiver.flow, "revoke", run=actions.revoke_waiver),
    )
    natural_key = ("rule", "unit", "unit_key", "starts_on")
    not_imported = _(
        "A waiver excuses a unit from a duty only once somebody entitled has decided it by itself, for its reason. Ask for it on the standing."
    )
    synonyms = {"rule": ("规则", "规则编号"), "unit": ("学院", "单位"), "reason": ("豁免原因", "理由")}


class AcknowledgementSheet(Sheet):
    model = models.Acknowledgement
    icon = "signature"
    description = _("Which unit has taken note of which policy, by whom and when.")
    columns = ("policy", "unit", "person", "acknowledged_on")
    filters = ("policy", "unit", "acknowledged_on")
    search = ("policy__number", "unit__name", "person__name")
    natural_key = ("policy", "unit")
    synonyms = {
        "policy": ("制度", "文号"),
        "unit": ("单位", "部门"),
        "person": ("签收人",),
        "acknowledged_on": ("签收日期",),
    }
