"""Whether an organisation is already in the register, and how the form asks."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings

from tests.partners import factories as f
from zhixing.kernel.forms import form_class
from zhixing.kernel.sheet import sheet_for
from zhixing.partners import merging, queries
from zhixing.partners.models import Organisation, OrganisationName


def found(name: str, uscc: str | None = None, **more: Any) -> list[Organisation]:
    return [item.organisation for item in queries.similar(name, uscc, **more)]


def test_by_code_whatever_the_name(place: f.College) -> None:
    firm = f.organisation("海南云帆科技有限公司", uscc=f.code(7))
    f.organisation("三亚海棠酒店")
    likeness = queries.similar("完全不同", f.code(7).lower())
    assert [item.organisation for item in likeness] == [firm]
    assert likeness[0].score == 1.0
    assert found("完全不同", f.code(6)) == []


@pytest.mark.parametrize(
    "name", ["海南云帆科技有限责任公司", "海南云帆科技（有限公司）", " 海南 云帆 科技 ", "海南云帆科技股份有限公司"]
)
def test_by_the_same_name_without_its_form(place: f.College, name: str) -> None:
    firm = f.organisation("海南云帆科技有限公司")
    assert found(name) == [firm]
    assert queries.similar(name)[0].score == 0.99


def test_by_a_former_name_or_code(place: f.College) -> None:
    firm = f.organisation("云海集团")
    OrganisationName.objects.create(organisation=firm, name="海南云帆科技有限公司", uscc=f.code(5))
    assert found("海南云帆科技") == [firm]
    assert found("别的名字", f.code(5)) == [firm]


def test_by_likeness_above_the_limit_the_surest_first(place: f.College, monkeypatch: pytest.MonkeyPatch) -> None:
    near = f.organisation("海南云帆信息科技发展有限公司")
    nearer = f.organisation("海南云帆信息科技集团有限公司")
    far = f.organisation("三亚海棠湾酒店管理有限公司")
    listed = queries.similar("海南云帆信息科技集有限公司")
    assert [item.organisation for item in listed] == [nearer, near]
    assert listed[0].score > listed[1].score >= 0.5
    monkeypatch.setitem(settings.ZHIXING, "similarity", 0.99)
    assert found("海南云帆信息科技集有限公司") == []
    monkeypatch.setitem(settings.ZHIXING, "similarity", 0.0)
    assert far in found("海南云帆信息科技集有限公司")


def test_a_merged_record_stands_for_its_target(place: f.College) -> None:
    source, target = f.organisation("云帆科技", uscc=f.code(3)), f.organisation("海南云帆", uscc=f.code(4))
    merging.merge(source, by=place.actor("office"), into=target)
    assert found("云帆科技") == [target]
    assert found("x", f.code(3)) == [target]
    assert found("云帆科技", exclude_pk=target.pk) == []


def form(place: f.College, instance: Organisation | None = None, **given: Any) -> Any:
    sheet = sheet_for(Organisation)
    assert sheet is not None
    actor = place.actor("office")
    data = {"name": "海南云帆科技有限责任公司", "kind": "enterprise", **given}
    return form_class(sheet, actor)(data, instance=instance or Organisation(), sheet=sheet, actor=actor)


def test_the_form_asks_once_and_takes_yes(place: f.College) -> None:
    firm = f.organisation("海南云帆科技有限公司")
    asked = form(place)
    assert not asked.is_valid()
    assert asked.errors.as_data()["__all__"][0].code == "similar"
    html = str(asked.errors["__all__"])
    assert f'href="/partners/organisation/{firm.pk}/"' in html
    assert [field.name for field in asked.groups()[-1]["fields"]] == ["another"]
    assert 'type="checkbox"' in str(asked["another"])
    assert form(place, another="on").is_valid()
    assert Organisation.objects.count() == 1


def test_the_form_does_not_ask_without_a_cause(place: f.College) -> None:
    firm = f.organisation("海南云帆科技有限公司")
    fresh = form(place, name="三亚海棠酒店")
    assert fresh.is_valid(), fresh.errors
    assert "another" not in {field.name for group in fresh.groups() for field in group["fields"]}
    f.organisation("海南云帆科技股份有限公司")
    unchanged = form(place, firm, name=firm.name, address="海口市")
    assert unchanged.is_valid(), unchanged.errors
    assert not form(place, firm, name="海南云帆科技集团公司").is_valid()


def test_a_name_with_marks_cannot_break_the_question(place: f.College) -> None:
    f.organisation("<b>云帆</b>科技公司")
    html = str(form(place, name="<b>云帆</b>科技").errors["__all__"])
    assert "<b>云帆" not in html
    assert "&lt;b&gt;云帆" in html
