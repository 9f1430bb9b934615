"""The registers of places and of students due."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.bases import actions, forms, models, queries
from zhixing.kernel.sheet import Action, Computed, Sheet

_PLANNER = ((_("Places and students"), "chart", "place-planner"),)


class PlaceCapacitySheet(Sheet):
    model = models.PlaceCapacity
    icon = "briefcase"
    description = _("How many places each base has for a major, a term and a kind of practice; refreshed every term.")
    columns = ("base", "major", "term", "kind", "places", "confirmed_on")
    filters = (
        "kind",
        "term",
        "major",
        "base",
        "base__unit",
        "base__kind",
        "term__starts_on",
        "term__ends_on",
        "places",
        "confirmed_on",
    )
    tabs = "kind"
    search = ("base__name", "base__code", "major__name", "major__code")
    groups = (
        (pgettext_lazy("of a base", "Places"), ("base", "major", "term", "kind", "places")),
        (pgettext_lazy("of places", "Confirmation"), ("confirmed_on", "confirmed_by")),
    )
    actions = (
        Action(
            "confirm_places",
            _("Confirmed by the firm"),
            actions.confirm_places,
            icon="check",
            primary=True,
            form=forms.ConfirmPlacesForm,
        ),
    )
    links = _PLANNER
    natural_key = ("base", "major", "term", "kind")
    synonyms = {
        "base": ("基地", "基地名称", "基地编号"),
        "major": ("专业", "面向专业", "专业代码"),
        "term": ("学期",),
        "kind": ("实践类型", "实习类型", "类型"),
        "places": ("岗位数", "可接纳人数", "容量"),
        "confirmed_on": ("确认日期", "企业确认日期"),
        "confirmed_by": ("确认人", "企业确认人"),
    }


def _places() -> Any:
    return queries.places_for()


class PracticeDemandSheet(Sheet):
    model = models.PracticeDemand
    icon = "users"
    description = _(
        "Students due for practice by major, term and kind: counted from classes, or entered by who knows better."
    )
    columns = ("major", "term", "kind", "students", "places", "source")
    computed = {"places": Computed(pgettext_lazy("of a base", "places"), _places())}
    filters = ("kind", "term", "major", "major__unit", "source", "students")
    tabs = "kind"
    search = ("major__name", "major__code")
    groups = ((_("Students due for practice"), ("major", "term", "kind", "students", "note")),)
    actions = (
        Action(
            "set_demand",
            _("Enter another number"),
            actions.set_demand,
            icon="edit",
            primary=True,
            form=forms.DemandForm,
        ),
    )
    links = _PLANNER
    natural_key = ("major", "term", "kind")
    synonyms = {
        "major": ("专业", "专业名称", "专业代码"),
        "term": ("学期",),
        "kind": ("实践类型", "实习类型", "类型"),
        "students": ("应实践学生数", "学生数", "人数"),
        "note": ("备注", "说明"),
    }
