"""How the results of placements look and are acted upon: evaluations, archive papers, certificates."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from zhixing.kernel.sheet import Action, Sheet
from zhixing.practice import certificates, models, running_panels
from zhixing.practice.running_columns import PLACED, SEARCH, STUDENT


class EvaluationSheet(Sheet):
    model = models.Evaluation
    icon = "star"
    description = _(
        "What firm, student and school say of a placement; firm and student read each other once both have spoken."
    )
    columns = ("placement__student", "side", "culture", "skill", "process", "adaptability", "mean", "done_on")
    filters = ("side", "done_on", "mean", *PLACED, "placement__supervisor")
    tabs = "side"
    search = (*SEARCH, "evaluator", "text")
    groups = (
        (_("Evaluation"), ("placement", "side", "evaluator", "done_on")),
        (_("Marks"), ("culture", "skill", "process", "adaptability", "text")),
    )
    natural_key = ("placement", "side")
    synonyms = {
        "placement": STUDENT,
        "side": ("评价方", "评价主体"),
        "culture": ("企业文化", "文化认知"),
        "skill": ("岗位技能", "技能"),
        "process": ("工艺流程", "流程"),
        "adaptability": ("适应能力", "适应性"),
        "text": ("评语", "文字评价"),
        "evaluator": ("评价人",),
        "done_on": ("评价日期", "日期"),
    }


class ArchivePaperSheet(Sheet):
    model = models.ArchivePaper
    icon = "archive"
    description = _("Papers of students' archives that no record stands for, with their files.")
    columns = ("title", "kind", "placement__student", "placement__post__organisation", "handed_on")
    filters = ("kind", "handed_on", *PLACED)
    tabs = "kind"
    search = ("title", *SEARCH)
    groups = ((_("Archive paper"), ("placement", "kind", "title", "handed_on", "note")),)
    natural_key = ("placement", "kind", "title")
    synonyms = {
        "placement": STUDENT,
        "kind": ("材料类型", "类型"),
        "title": ("材料名称", "名称"),
        "handed_on": ("提交日期", "日期"),
        "note": ("备注", "说明"),
    }


class CertificateSheet(Sheet):
    model = models.Certificate
    icon = "shield"
    description = _("Certificates of internships; anybody checks their QR, without a network too.")
    columns = ("number", "placement__student", "placement__post__organisation", "issued_on", "revoked_on")
    filters = ("issued_on", "revoked_on", *PLACED)
    search = ("number", "code", *SEARCH)
    groups = ((_("Certificate"), ("placement", "number", "issued_on")),)
    actions = (
        Action(
            "withdraw",
            _("Withdraw the certificate"),
            certificates.withdraw,
            capability="approve",
            icon="ban",
            comment="required",
            danger=True,
            available=lambda certificate: certificate.revoked_on is None,
        ),
    )
    panels = (running_panels.certificate_panel,)
    natural_key = ("number",)
    synonyms = {
        "placement": STUDENT,
        "number": ("证书编号", "编号"),
        "issued_on": ("发证日期", "签发日期"),
    }
