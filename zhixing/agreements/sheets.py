"""How the registers of agreements look, are acted upon and are imported."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    F,
    Field,
    Func,
    IntegerField,
    Q,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Now, TruncDate
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.agreements import (
    actions,
    chains,
    columns,
    documents,
    forms,
    forms_signing,
    invitations,
    models,
    on_paper,
    panels,
    panels_signing,
    signing,
    spelling,
)
from zhixing.agreements.queries import SCAN_MISSING
from zhixing.kernel.counting import number_of
from zhixing.kernel.sheet import Action, Computed, Sheet, flow_action

_ACT = models.Agreement.flow
TODAY = TruncDate(Now())


def _days_until(name: str) -> Any:
    """Days from today, in the college's own time zone, to a day of the record."""
    return Func(F(name), TODAY, template="(%(expressions)s)", arg_joiner=" - ", output_field=IntegerField())


# Owed still: neither recorded as met, nor is the task that stands for it done.
_OWED = Q(fulfilled_on=None) & (Q(task=None) | Q(task__done_on=None))
_LEFT = Case(When(status="in_force", then=_days_until("ends_on")), default=Value(None), output_field=IntegerField())


_EXPIRING = Case(
    When(Q(GreaterThanOrEqual(_LEFT, 0)) & Q(LessThanOrEqual(_LEFT, F("kind__expiring_days"))), then=Value(True)),
    default=Value(False),
    output_field=BooleanField(),
)


def _open(agreement: models.Agreement) -> bool:
    return agreement.status in actions.OPEN


def _over(agreement: models.Agreement) -> bool:
    return agreement.ends_on < timezone.localdate()


def _in_force(agreement: models.Agreement) -> bool:
    return agreement.status == models.Agreement.Status.IN_FORCE


def _near(agreement: models.Agreement) -> str:
    """Amber while an agreement expires, red when its term is over and nobody closed it."""
    left: int | None = getattr(agreement, "days_left", None)
    if left is None:
        return ""
    return "bad" if left < 0 else "gold" if left <= agreement.kind.expiring_days else ""


def _overdue(obligation: models.Obligation) -> str:
    left: int | None = getattr(obligation, "days_left", None)
    return "bad" if left is not None and left < 0 else ""


def _inside(ask: models.SignatureRequest) -> str:
    """The page on which people of the college sign."""
    return reverse("signing-inside", args=[ask.pk])


def _asked(ask: models.SignatureRequest) -> bool:
    return ask.state == models.SignatureRequest.State.OPEN


class AgreementSheet(Sheet):
    model = models.Agreement

    def parts(self) -> dict[str, Field]:
        """The contents and named fields of all kinds."""
        return columns.parts.of_today()

    icon = "signature"
    description = _("What the college and its partners have promised each other, from draft to end.")
    columns = (
        "title",
        "number",
        "status",
        "counterparty",
        "ends_on",
        "days_left",
        "owner",
        "unit",
        "kind",
        "starts_on",
    )
    computed = {
        "days_left": Computed(_("days left"), _LEFT, tone=_near),
        "expiring": Computed(_("expiring"), _EXPIRING, numeric=False),
        "scan_missing": Computed(_("scan missing"), SCAN_MISSING, numeric=False),
        "parties_count": Computed(
            _("parties"),
            number_of(models.AgreementParty, "agreement"),
            rows=("agreements.agreement_party", "agreement"),
        ),
        "open_obligations": Computed(
            _("open obligations"),
            number_of(models.Obligation, "agreement", _OWED),
            rows=("agreements.obligation", "agreement"),
        ),
    }
    filters = (
        "kind",
        "status",
        "unit",
        "major_group",
        "major",
        "counterparty",
        "owner",
        "ends_on",
        "takes_interns",
        "expiring",
        "scan_missing",
    )
    tabs = "status"
    marks = ("expiring", "scan_missing")
    search = ("number", "title", "counterparty__name", "student__name")
    groups = (
        (
            _("Agreement"),
            ("kind", "title", "number", "unit", "major_group", "major", "counterparty", "student", "owner", "status"),
        ),
        (
            pgettext_lazy("of an agreement", "Term"),
            ("starts_on", "ends_on", "signed_on", "ended_on", "amount", "forms", "takes_interns"),
        ),
        (_("Before and after"), ("amends", "renews", "overlap_reason", "end_reason", "note")),
    )
    related = ("parties", "obligations", "documents", "signature_requests", "amendments", "renewals")
    actions = (
        Action(
            "contents",
            _("Write the text"),
            actions.write_contents,
            icon="edit",
            form=forms.ContentsForm,
            available=_open,
        ),
        Action("prepare", _("Fill in what is known"), actions.prepare, icon="auto", available=_open),
        flow_action(_ACT, "ask", actions.ask),
        flow_action(_ACT, "withdraw"),
        replace(
            flow_action(_ACT, "submit", actions.submit),
            available=lambda agreement: _open(agreement) and agreement.kind.needs_approval,
        ),
        replace(
            flow_action(_ACT, "clear", actions.clear),
            available=lambda agreement: _open(agreement) and not agreement.kind.needs_approval,
        ),
        flow_action(_ACT, "sign", actions.start_signing, form=forms_signing.SignersForm),
        Action(
            "paper",
            _("Record signatures on paper"),
            on_paper.record_all,
            icon="file",
            comment="optional",
            form=forms.SignedForm,
            help=_(
                "Whoever has not signed otherwise is recorded as having signed on paper, in your name. Upload the scan afterwards."
            ),
            available=lambda agreement: agreement.status in ("approved", "signing"),
        ),
        replace(
            flow_action(_ACT, "enforce", actions.enforce, form=forms.SignedForm),
            available=lambda agreement: agreement.status == models.Agreement.Status.SIGNING,
        ),
        flow_action(_ACT, "return", actions.give_back),
        Action("amend", _("Amend"), chains.amend, icon="edit", comment="required", available=_in_force),
        Action(
            "renew",
            _("Renew"),
            chains.renew,
            icon="refresh",
            comment="optional",
            form=forms.RenewForm,
            available=lambda agreement: agreement.status in ("in_force", "ended"),
        ),
        replace(
            flow_action(_ACT, "end", chains.end), available=lambda agreement: _in_force(agreement) and _over(agreement)
        ),
        flow_action(_ACT, "terminate", chains.terminate, form=forms.TerminateForm),
        Action(
            "document",
            _("Make a document"),
            documents.make_document,
            icon="print",
            form=forms.DocumentForm,
        ),
    )
    panels = (panels.state_panel, panels_signing.signing_panel, panels.contents_panel)
    first_panels = 2
    natural_key = ("number",)
    # Drafts have no number; a constraint keeps two of them from being the same.
    other_key = ("kind", "unit", "counterparty", "student", "title", "starts_on")
    depends = {"major_group": {"unit": "unit"}, "major": {"unit": "unit"}}
    synonyms = {
        "kind": ("协议类型", "协议类别", "合同类型", "类别"),
        "title": ("协议名称", "合同名称", "名称", "项目名称"),
        "number": ("协议编号", "合同编号", "编号"),
        "unit": ("承办单位", "二级学院", "学院", "部门", "单位"),
        "major_group": ("专业群",),
        "major": ("专业", "合作专业"),
        "counterparty": ("合作单位", "合作企业", "企业名称", "乙方", "甲乙方", "单位名称"),
        "student": ("学生", "学号"),
        "owner": ("经办人", "负责人", "联系人"),
        "starts_on": ("协议开始", "起始日期", "开始日期", "合作开始时间", "有效期起"),
        "ends_on": ("协议截止", "截止日期", "到期日期", "合作截止时间", "有效期止"),
        "signed_on": ("签订日期", "签约日期", "签署日期"),
        "ended_on": ("终止日期", "实际终止日期"),
        "amount": ("协议金额", "合同金额", "金额"),
        "forms": ("合作形式",),
        "takes_interns": ("是否接收实习学生", "接收实习"),
        "end_reason": ("终止原因",),
        "overlap_reason": ("并存理由",),
        "status": ("状态", "协议状态"),
        "note": ("备注", "说明"),
    }


class AgreementPartySheet(Sheet):
    model = models.AgreementParty
    icon = "users"
    description = _("Who promises, and as what; its data are confirmed by itself.")
    columns = ("name", "agreement", "role", "order", "uscc", "signatory", "contact", "person", "confirmed_at")
    filters = ("role", "agreement", "organisation", "student", "confirmed_at")
    tabs = "role"
    search = ("name", "uscc", "agreement__title", "agreement__number")
    groups = (
        (_("Party"), ("agreement", "order", "role", "organisation", "person", "student", "name", "uscc", "address")),
        (_("Who signs and whom to ask"), ("signatory", "signatory_position", "contact", "phone", "email")),
    )
    actions = (
        Action(
            "confirm",
            _("Record the confirmation"),
            actions.confirm,
            icon="check",
            comment="required",
            primary=True,
            bulk=False,
            available=lambda party: party.confirmed_at is None and _open(party.agreement),
        ),
        Action(
            "link",
            _("Make the link to confirm"),
            invitations.link_to_confirm,
            icon="link",
            bulk=False,
            help=_(
                "By this link the party sees its own data of this one agreement, corrects and confirms them. It is "
                "valid for 14 days."
            ),
            available=lambda party: (
                party.confirmed_at is None and party.role != models.PartyRole.SCHOOL and _open(party.agreement)
            ),
        ),
    )
    panels = (panels.link_panel,)
    natural_key = ("agreement", "order")
    synonyms = {
        "agreement": ("协议", "协议编号"),
        "order": ("序号", "方次"),
        "role": ("身份", "签约方身份", "主体类型"),
        "organisation": ("单位", "合作单位"),
        "person": ("校内人员",),
        "student": ("学生", "学号"),
        "name": ("名称", "签约方", "签约方名称"),
        "uscc": ("统一社会信用代码", "信用代码"),
        "address": ("地址",),
        "signatory": ("签约代表", "法定代表人"),
        "signatory_position": ("职务", "签约代表职务"),
        "contact": ("联系人",),
        "phone": ("电话", "联系电话"),
        "email": ("邮箱", "电子邮箱"),
    }


class ObligationSheet(Sheet):
    model = models.Obligation
    icon = "task"
    description = _("What a party owes by when; each becomes a task once the agreement is in force.")
    columns = ("title", "agreement", "party_role", "due", "amount", "owner", "met_on", "days_left")
    computed = {
        "days_left": Computed(
            _("days left"),
            Case(When(_OWED, then=_days_until("due")), default=Value(None), output_field=IntegerField()),
            tone=_overdue,
        ),
        "met_on": Computed(_("met on"), Coalesce("fulfilled_on", "task__done_on"), numeric=False),
        "task_progress": Computed(_("task done in percent"), F("task__progress")),
    }
    filters = ("party_role", "agreement", "agreement__unit", "agreement__kind", "owner", "due", "fulfilled_on")
    tabs = "party_role"
    search = ("title", "agreement__title", "agreement__number")
    groups = (
        (_("Obligation"), ("agreement", "party_role", "title", "due", "amount", "owner", "fulfilled_on", "note")),
    )
    actions = (
        Action(
            "fulfil",
            _("Record as fulfilled"),
            actions.fulfil,
            icon="check",
            comment="optional",
            primary=True,
            form=forms.FulfilForm,
            available=lambda obligation: obligation.fulfilled_on is None,
        ),
    )
    natural_key = ("agreement", "title", "due")
    synonyms = {
        "agreement": ("协议", "协议编号", "协议名称"),
        "party_role": ("责任方", "义务方"),
        "title": ("履约事项", "义务内容", "事项"),
        "due": ("期限", "履行期限", "完成时限"),
        "amount": ("金额",),
        "owner": ("跟进人", "责任人"),
        "fulfilled_on": ("履行日期", "完成日期"),
        "note": ("备注",),
    }


class AgreementDocumentSheet(Sheet):
    model = models.AgreementDocument
    icon = "file"
    description = _("Papers made from agreements, with the template's version and the data that were printed.")
    columns = ("name", "agreement", "kind", "format", "template_version", "pages", "verify_code", "created_at")
    filters = ("kind", "format", "agreement", "agreement__unit", "agreement__kind", "template")
    tabs = "kind"
    search = ("name", "verify_code", "agreement__title", "agreement__number", "sha256")
    groups = (
        (
            _("Document"),
            ("agreement", "name", "kind", "format", "template", "template_version", "source"),
        ),
        (_("Proof"), ("verify_code", "sha256", "size", "pages")),
    )
    related = ("derived", "signature_requests")
    panels = (panels.document_panel,)
    natural_key = ("verify_code",)


class TemplateSheet(Sheet):
    model = models.Template
    icon = "copy"
    description = _(
        "The wording of each kind in versions; one is in force. A new version is uploaded on its kind's page."
    )
    columns = ("title", "kind", "version", "effective_from", "effective_to", "documents_count")
    computed = {
        "documents_count": Computed(
            _("documents"),
            number_of(models.AgreementDocument, "template"),
            rows=("agreements.agreement_document", "template"),
        ),
    }
    filters = ("kind", "effective_from", "effective_to")
    search = ("title", "kind__name", "note")
    groups = ((_("Template"), ("kind", "version", "title", "effective_from", "effective_to", "note")),)
    panels = (panels.template_panel,)
    natural_key = ("kind", "version")


class AgreementKindSheet(Sheet):
    model = models.AgreementKind
    spelled = spelling.KIND
    icon = "book"
    description = _("Which kinds of agreement there are, and what each asks for.")
    columns = (
        "name",
        "code",
        "prefix",
        "usual_months",
        "needs_approval",
        "takes_interns",
        "valid_count",
        "templates_count",
        "is_active",
    )
    computed = {
        "valid_count": Computed(
            pgettext_lazy("of an agreement", "in force"),
            number_of(models.Agreement, "kind", Q(status="in_force")),
            rows=("agreements.agreement", "kind"),
        ),
        "templates_count": Computed(
            _("template versions"),
            number_of(models.Template, "kind"),
            rows=("agreements.template", "kind"),
        ),
    }
    filters = ("is_active", "needs_approval", "takes_interns")
    search = ("code", "name", "name_en")
    groups = (
        (_("Kind of agreement"), ("code", "name", "name_en", "prefix", "order", "is_active")),
        (_("What it asks for"), ("needs_approval", "takes_interns", "usual_months", "expiring_days", "note")),
    )
    related = ("templates",)
    actions = (
        Action("asks", _("Change what it asks for"), actions.change_kind, icon="edit", form=forms.KindForm),
        Action("template", _("Take over the shipped wording"), actions.take_shipped, icon="copy"),
    )
    panels = (panels.kind_panel,)
    synonyms = {
        "code": ("代码", "类型代码"),
        "name": ("名称", "协议类型"),
        "name_en": ("英文名称",),
        "prefix": ("编号前缀",),
        "roles": ("签约方", "签约主体"),
        "signers": ("签署顺序", "签署方"),
        "contents": ("必备内容", "协议内容"),
        "details": ("专用字段", "字段"),
        "checks": ("检查项目", "检查项"),
        "order": ("排序",),
        "needs_approval": ("是否审批",),
        "takes_interns": ("是否接收实习",),
        "usual_months": ("常规期限（月）",),
        "expiring_days": ("到期预警（天）", "提前预警天数"),
        "is_active": ("是否启用",),
        "note": ("备注",),
    }


class SignatureRequestSheet(Sheet):
    model = models.SignatureRequest
    icon = "send"
    description = _("Who was asked to sign, by which channel and in which order, and with whom the ball is.")
    columns = ("signer_name", "agreement", "party", "order", "channel", "state", "opened_at", "due", "reminders_sent")
    filters = ("state", "channel", "agreement", "agreement__unit", "due")
    tabs = "state"
    search = ("signer_name", "party__name", "agreement__title", "agreement__number")
    groups = (
        (_("Signature request"), ("agreement", "document", "party", "order", "channel", "state")),
        (_("Signer"), ("signer_name", "signer_email", "signer_phone")),
        (
            pgettext_lazy("of a request", "Course"),
            ("opened_at", "due", "reminders_sent", "last_reminded_at", "closed_at", "reason"),
        ),
    )
    actions = (
        Action(
            "sign",
            _("Sign"),
            signing.sign_inside,
            capability="view",
            icon="signature",
            form=forms_signing.TypedForm,
            primary=True,
            bulk=False,
            available=_asked,
            offered=signing.may_sign_inside,
            page=_inside,
        ),
        Action(
            "refuse",
            _("I do not sign"),
            signing.refuse_inside,
            capability="view",
            icon="ban",
            comment="required",
            bulk=False,
            available=_asked,
            offered=signing.may_sign_inside,
            page=lambda ask: f"{_inside(ask)}#refuse",
        ),
        Action(
            "link",
            _("New link"),
            signing.new_link,
            icon="link",
            bulk=False,
            help=_("A new link closes those that were sent before. The code still goes to the signer's own address."),
            available=lambda ask: _asked(ask) and ask.channel == models.SignatureRequest.Channel.LINK,
        ),
        Action(
            "paper",
            _("Record the signature on paper"),
            on_paper.record_one,
            icon="file",
            comment="optional",
            form=forms.SignedForm,
            bulk=False,
            help=_("Recorded in your name, with the mark that the scan is missing. Upload the scan afterwards."),
            available=_asked,
        ),
        Action(
            "delegate",
            _("Hand on to a colleague"),
            signing.delegate,
            icon="send",
            comment="optional",
            form=forms_signing.ActDelegateForm,
            bulk=False,
            available=_asked,
        ),
        Action(
            "channel",
            _("Let them sign another way"),
            signing.change_channel,
            icon="refresh",
            comment="optional",
            form=forms_signing.ChannelForm,
            available=lambda ask: ask.state in signing.LIVE,
        ),
    )
    natural_key = ("document", "party")


class SignatureSheet(Sheet):
    model = models.Signature
    icon = "signature"
    description = _("What was signed, by whom, and the evidence of it.")
    columns = ("name", "request__agreement", "request__party", "method", "at", "ip", "document_sha256")
    filters = ("method", "request__agreement", "request__agreement__unit", "at")
    tabs = "method"
    search = ("name", "request__agreement__title", "document_sha256")
    groups = ((_("Signature"), ("request", "name", "method", "at", "ip", "user_agent", "document_sha256")),)
    natural_key = ("request",)
