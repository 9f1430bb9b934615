"""Word files: a template filled with data, and the templates that Zhixing ships, written by code."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from docx import Document as new_document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docxtpl import DocxTemplate
from jinja2 import TemplateError

from zhixing.agreements.layout import Articles, environment

_SONG, _HEI = "宋体", "黑体"
_CLOCK = datetime(2023, 12, 30)
_LAWS = "《中华人民共和国民法典》《中华人民共和国职业教育法》《职业学校校企合作促进办法》"
_INTERN_LAWS = "《中华人民共和国职业教育法》《职业学校学生实习管理规定》"
# What each kind is made for, said once at the beginning.
_AIM = {
    "framework": "为深化产教融合、校企合作，建立长期稳定的合作关系",
    "association": "为建立学校与行业组织的长效协同机制",
    "industry_college": "为共同建设产业学院、校企双主体育人",
    "order_class": "为按岗位需求联合组建订单班、共同培养技术技能人才",
    "apprenticeship": "为开展现代学徒制培养、实现招生与招工一体化",
    "apprentice": "为明确学徒在校在岗期间各方的权利义务",
    "campus_base": "为在学校共建产教融合实训基地",
    "off_campus_base": "为在企业共建校外实践教学基地",
    "teacher_practice": "为组织教师到企业实践、提升双师素质",
    "research": "为开展应用技术研究与技术服务",
    "training": "为面向企业职工开展职业培训",
    "industry_teacher": "为聘任企业技术人员担任产业教师",
    "tripartite": "为规范学生岗位实习、保障各方合法权益",
}


def fill(content: bytes, data: dict[str, Any]) -> bytes:
    """A Word template filled with data; ValidationError names what the template asks and the data lack."""
    template = DocxTemplate(io.BytesIO(content))
    env = environment()
    env.autoescape = True
    try:
        template.render({**data, "article": Articles()}, jinja_env=env, autoescape=True)
    except TemplateError as error:
        raise ValidationError(
            _("The template cannot be filled: %(why)s"), code="template", params={"why": str(error)}
        ) from error
    made = io.BytesIO()
    template.save(made)
    return made.getvalue()


class _Paper:
    """A template being written: 宋体 for the text, 黑体 for headings, A4 as official papers have it."""

    def __init__(self) -> None:
        self.document = new_document()
        section = self.document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(30), Mm(28)
        section.left_margin, section.right_margin = Mm(28), Mm(26)
        for name, font, size in (("Normal", _SONG, 12), ("Title", _HEI, 20), ("Heading 1", _HEI, 13)):
            style = self.document.styles[name]
            style.font.name, style.font.size = font, Pt(size)
            style.font.color.rgb = None
            style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
        core = self.document.core_properties
        core.created = core.modified = _CLOCK
        core.author = core.last_modified_by = ""

    def title(self, text: str) -> None:
        self.document.add_paragraph(text, style="Title").alignment = WD_ALIGN_PARAGRAPH.CENTER

    def center(self, text: str) -> None:
        self.document.add_paragraph(text).alignment = WD_ALIGN_PARAGRAPH.CENTER

    def line(self, text: str) -> None:
        paragraph = self.document.add_paragraph(text)
        paragraph.paragraph_format.first_line_indent = Pt(24)
        paragraph.paragraph_format.line_spacing = 1.5

    def control(self, tag: str) -> None:
        self.document.add_paragraph("{%p " + tag + " %}")

    def when(self, condition: str, *lines: str) -> None:
        self.control(f"if {condition}")
        for text in lines:
            self.line(text)
        self.control("endif")

    def article(self, name: str, *lines: str) -> None:
        self.document.add_paragraph("第{{ article() }}条　" + name, style="Heading 1")
        for text in lines:
            self.line(text)

    def table(self, heads: tuple[str, ...], loop: str, cells: tuple[str, ...]) -> None:
        table = self.document.add_table(rows=4, cols=len(heads), style="Table Grid")
        for column, (head, cell) in enumerate(zip(heads, cells, strict=True)):
            table.rows[0].cells[column].text = head
            table.rows[2].cells[column].text = cell
        table.rows[1].cells[0].text = "{%tr for " + loop + " %}"
        table.rows[3].cells[0].text = "{%tr endfor %}"

    def content(self) -> bytes:
        made = io.BytesIO()
        self.document.save(made)
        return made.getvalue()


def shipped_template(code: str, contents: list[dict[str, Any]], details: list[dict[str, Any]]) -> bytes:
    """The template that Zhixing ships for a kind: short, real clauses with what the rules ask for."""
    paper = _Paper()
    interns = code in {"tripartite", "apprentice"}
    paper.title("{{ title }}")
    paper.when("number", "协议编号：{{ number }}")
    paper.control("for party in parties")
    paper.line("{{ party.label }}（{{ party.role_name }}）：{{ party.name }}")
    paper.when("party.uscc", "统一社会信用代码：{{ party.uscc }}")
    paper.when("party.student_number", "学号：{{ party.student_number }}　班级：{{ party.cohort }}")
    paper.when("party.address", "地址：{{ party.address }}")
    paper.when("party.signatory", "签约代表：{{ party.signatory }}　{{ party.signatory_position }}")
    paper.when("party.contact", "联系人：{{ party.contact }}　{{ party.phone }}")
    paper.control("endfor")
    paper.when(
        "amends",
        "本协议系对{{ amends.signed_on }}签订的《{{ amends.title }}》（编号：{{ amends.number }}）的变更，自生效之日起替代原协议。",
    )
    paper.when(
        "renews",
        "本协议系《{{ renews.title }}》（编号：{{ renews.number }}）期满后的续签。",
    )
    basis = _INTERN_LAWS if interns else _LAWS
    paper.line(
        f"{_AIM.get(code, '为开展校企合作')}，各方根据{basis}等有关规定，在平等自愿的基础上协商一致，订立本协议。"
    )
    dates = "本协议期限自{{ starts_on }}起至{{ ends_on }}止，共{{ months }}个月。"
    for spec in contents:
        if spec["code"] != "term":
            paper.control(f"if c.{spec['code']}")
            paper.article(spec["name"]["zh-hans"], "{{ c." + spec["code"] + " }}")
            paper.control("endif")
    paper.article("履行期限", dates)
    if any(spec["code"] == "term" for spec in contents):
        paper.when("c.term", "{{ c.term }}")
    paper.when("forms", "合作形式：{% for form in forms %}{{ form }}{% if not loop.last %}；{% endif %}{% endfor %}。")
    paper.when("amount", "本协议金额为人民币{{ amount }}元（大写：{{ amount_words }}）。")
    if details:
        paper.control("if details")
        paper.article("具体约定", "各方对下列事项约定如下：")
        paper.table(("事项", "约定"), "item in details", ("{{ item.name }}", "{{ item.value }}"))
        paper.control("endif")
    paper.control("if obligations")
    paper.article("履约安排", "各方按下列期限履行：")
    paper.table(
        ("责任方", "履约事项", "期限", "金额（元）"),
        "item in obligations",
        ("{{ item.party }}", "{{ item.title }}", "{{ item.due }}", "{{ item.amount }}"),
    )
    paper.control("endif")
    if not interns:
        paper.control("if takes_interns")
        paper.article(
            "实习学生权益保障",
            "企业接收学生实习的，各方在学生上岗前另行签订实习三方协议，落实实习报酬、工作时间、劳动保护和实习责任保险，"
            "不得安排学生从事法律法规禁止的工作，不得收取任何费用。",
        )
        paper.control("endif")
        paper.article(
            "变更、解除与违约责任",
            "本协议的变更、续签和解除应当采用书面形式。一方严重违约致使合作目的不能实现的，另一方有权书面通知解除协议并要求赔偿损失。",
            "协议提前终止的，各方应当妥善安排在培学生和在岗教师，保证教学秩序不受影响。",
        )
        paper.article(
            "争议解决", "因履行本协议发生的争议，各方友好协商；协商不成的，向学校所在地有管辖权的人民法院起诉。"
        )
    paper.article(
        "生效与份数", "本协议自各方签字或者盖章之日起生效，一式{{ copies }}份，各方执等份，具有同等法律效力。"
    )
    _signing(paper)
    return paper.content()


def _signing(paper: _Paper) -> None:
    """Where the parties sign."""
    table = paper.document.add_table(rows=3, cols=3)
    table.rows[0].cells[0].text = "{%tr for party in parties %}"
    table.rows[1].cells[0].text = "{{ party.label }}（签章）：{{ party.name }}"
    table.rows[1].cells[1].text = "签约人："
    table.rows[1].cells[2].text = "日期：　　　年　　月　　日"
    table.rows[2].cells[0].text = "{%tr endfor %}"
