"""Two policies ask the same: the stricter rule applies, and the page of the other says which."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from tests.policy import factories as make
from tests.policy.conftest import TODAY
from zhixing.policy.engine import assess
from zhixing.policy.loading import load_packs, pack_files
from zhixing.policy.models import Rule, Standing
from zhixing.policy.stored import Rulebook

PROVINCE = """\
policy:
  code: province-1
  number: 琼教〔2025〕9号
  level: province
  status: in_force
  title: {zh-hans: 省级意见, en: Provincial opinions}
  issuer: {zh-hans: 省教育厅, en: The province}
  issued: 2025-01-01
  effective: {from: 2025-02-01}
clauses:
  - number: 一
    title: {zh-hans: 行业组织, en: Industry}
    summary: {zh-hans: 行业组织, en: Industry}
duties:
  - id: D-01
    clause: 一
    title: {zh-hans: 联系, en: Links}
    text: {zh-hans: 联系行业组织, en: Link with industry}
    owner: group_leader
    cadence: continuous
    records: [partners.industry_link]
    rules: [R01]
rules:
  - id: R01
    duty: D-01
    title: {zh-hans: 省级联系要求, en: Links asked by the province}
    scope: major_group
    measure: partners.industry_links
    target: {at_least: TARGET}
    period: now
    roll_up: {college: share_met, school: share_met}
    weight: 0
    holder: dean
    due: {at: found, days: 30}
    effective: {from: 2025-02-01}
"""


@pytest.mark.parametrize(("target", "winner"), [(2, "province-1"), (1, "hncvc-2023-89")])
def test_the_stricter_rule_applies(college: make.College, tmp_path: Path, target: int, winner: str) -> None:
    pack = tmp_path / "province.yaml"
    pack.write_text(PROVINCE.replace("TARGET", str(target)), encoding="utf-8")
    load_packs([*pack_files(), pack])
    applied = [one for one in Rulebook().on(TODAY) if one.rule.measure == "partners.industry_links"]
    assert [(one.effective.policy, one.version.target.value) for one in applied] == [(winner, target)]
    make.link(college.groups[0])
    assess()
    found = Standing.objects.get(rule__measure="partners.industry_links", unit_code="ZYQ000")
    assert (found.rule.policy.code, found.state) == (winner, "met" if target == 1 else "unmet")
    beaten = Rule.objects.exclude(policy__code=winner).get(code="R01")
    browser = Client()
    browser.force_login(college.user("office"))
    page = browser.get(reverse("rule", args=[beaten.pk]))
    assert page.context["outdone"]["rule"].policy.code == winner
    assert page.context["outdone"]["rule"].policy.number in page.content.decode()
    own = browser.get(reverse("rule", args=[found.rule_id]))
    assert own.context["outdone"] is None
    tree = browser.get(reverse("clauses"), {"policy": "province-1"})
    assert tree.status_code == 200 and "省级意见" in tree.content.decode()
