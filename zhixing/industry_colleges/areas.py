"""The ten areas in which school and firm are to cooperate deeply (四（二）2): codes that stay, names a college may change."""

from __future__ import annotations

from typing import Any

# Code, name and English name, in the order of the clause.
AREAS = (
    ("party_building", "党建活动", "Party building"),
    ("majors", "专业建设", "Majors"),
    ("courses", "课程改革", "Courses"),
    ("teachers", "师资共建", "Teachers"),
    ("research", "技术研发", "Research"),
    ("training", "职业培训", "Training"),
    ("entrepreneurship", "双创教育", "Entrepreneurship"),
    ("evaluation", "质量评价", "Evaluation"),
    ("contests", "技能竞赛", "Contests"),
    ("enrolment_employment", "招生就业", "Enrolment and employment"),
)


def load(model: Any) -> None:
    """Write the areas that are not there yet; names a college has changed stay as they are. Safe to repeat."""
    rows = [model(code=code, name=name, name_en=name_en, order=i) for i, (code, name, name_en) in enumerate(AREAS, 1)]
    model.objects.bulk_create(rows, ignore_conflicts=True)
