"""Valid records of any type, made by looking at its fields; and a small college with two colleges and somebody in every role.

A record type needs a line in `SPECIAL` only where its fields follow a rule that their types do not tell.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.test import Client
from django.utils import timezone
from stdnum.cn import uscc

from zhixing.kernel.fields import UsccField
from zhixing.kernel.scope import Scope, role_table, type_key
from zhixing.org.models import Membership, Person, Role, Unit, User
from zhixing.policy.models import WordsField

_numbers = itertools.count(1)
BEGIN, END = date(2025, 3, 1), date(2027, 2, 28)
_MONDAY = date(2025, 3, 3)
_LAST = {"ends_on", "effective_to", "due", "deadline", "graduates_on", "follow_up_due", "expected_on"}


def valid_uscc(n: int) -> str:
    body = f"91460100MA{n:07d}"
    return body + uscc.calc_check_digit(body)


def _year(n: int) -> int:
    return 1000 + n % 8900


def _day(n: int) -> date:
    return date(1950, 1, 1) + timedelta(days=n % 25_000)


# What a type's fields must be beyond their own types: n makes it unique, the second holds what is given already.
SPECIAL: dict[str, Callable[[int, dict[str, Any]], dict[str, Any]]] = {
    "org.school": lambda n, given: {"code": f"{n:010d}"},
    "org.academic_year": lambda n, given: {
        "code": f"{_year(n)}-{_year(n) + 1}",
        "starts_on": date(_year(n), 9, 1),
        "ends_on": date(_year(n) + 1, 8, 31),
    },
    "org.term": lambda n, given: {"number": 1, "starts_on": date(_year(n), 9, 1), "ends_on": date(_year(n) + 1, 1, 31)},
    "org.unit": lambda n, given: {"kind": "college"},
    # One name at a time: each of a day.
    "org.unit_name": lambda n, given: {"starts_on": _day(n), "ends_on": _day(n)},
    "org.person": lambda n, given: {"staff_number": f"P{n:06d}", "email": ""},
    "org.major": lambda n, given: {"code": f"{n:06d}"},
    "org.cohort": lambda n, given: {"entry_year": 2024},
    # A role or a deputy of the past gives nobody a hat today.
    "org.membership": lambda n, given: {"starts_on": date(2019, 9, 1), "ends_on": date(2020, 8, 31)},
    "org.delegation": lambda n, given: {"starts_on": date(2019, 9, 1), "ends_on": date(2019, 9, 30)},
    "partners.organisation": lambda n, given: {"uscc": valid_uscc(n)},
    # Long in use: what hangs on it is of any day.
    "bases.base": lambda n, given: {
        "longitude": Decimal("110.3"),
        "latitude": Decimal("20.0"),
        "status": "in_use",
        "starts_on": date(1950, 1, 1),
    },
    "bases.base_use": lambda n, given: _in_own_room(given),
    "bases.safety_check": lambda n, given: {"due": _day(n), "done_on": None, "result": "", "mended_on": None},
    "bases.benefit_statement": lambda n, given: {"year": 1990 + n % 110},
    "bases.booking": lambda n, given: {"day": _day(n), "first_period": 1, "last_period": 2},
    "bases.resident_unit": lambda n, given: {"school_percent": Decimal(40)},
    # One period at a time: each of a day.
    "bases.revenue_share": lambda n, given: {"starts_on": _day(n), "ends_on": _day(n), "school_percent": Decimal(40)},
    "bases.recognition_criterion": lambda n, given: {"holds_from": _day(n)},
    "bases.guide": lambda n, given: {"person": given.get("person") or make(Person)},
    "bases.recognition_review": lambda n, given: {"score": Decimal(80)},
    "cultivation.training_plan": lambda n, given: {"entry_year": 2024},
    "cultivation.follow_up": lambda n, given: {"fit": 4, "satisfaction": 5},
    "cultivation.enrolment_plan": lambda n, given: {"year": 1950 + n % 150},
    "cultivation.master_pair": lambda n, given: _pair(given),
    "cultivation.candidate": lambda n, given: {"name": f"考生{n}"},
    "cultivation.risk": lambda n, given: {"probability": 2, "impact": 2},
    "cultivation.playbook_step": lambda n, given: {"order": 1000 + n % 30_000, "days": 3},
    "governance.committee": lambda n, given: {"kind": "steering" if given.get("group") else "council"},
    "governance.seat": lambda n, given: {"party": "school", "person": make(Person)},
    "governance.task": lambda n, given: {"progress": 0},
    "agreements.agreement": lambda n, given: {"number": f"KJ-2026-W1-{n:06d}"},
    "agreements.template": lambda n, given: {"version": n % 30_000, "effective_to": END},
    "agreements.agreement_party": lambda n, given: {"order": n % 30_000},
    "agreements.signature": lambda n, given: {"ip": "127.0.0.1"},
    "practice.practice_plan": lambda n, given: {"choose_until": BEGIN, "weeks": 24, "choices_limit": 5},
    "practice.post": lambda n, given: {
        "minimum": 0,
        "source": "student" if given.get("found_by") else "school",
        "hours_day": 8,
        "hours_week": 40,
    },
    "practice.placement": lambda n, given: _at_own_post(given),
    "practice.preference": lambda n, given: {"rank": 1 + n % 20},
    "practice.filing": lambda n, given: {"subjects": ["night"], "filed_on": BEGIN},
    "practice.safety_question": lambda n, given: {"options": "是\n否", "answer": 1, "major_class": ""},
    "practice.safety_test": lambda n, given: {"score": Decimal(90)},
    "practice.week_entry": lambda n, given: {"monday": _MONDAY, "hours": Decimal(40)},
    # Of one placement a leave and a change have a day of their own.
    "practice.leave": lambda n, given: {"starts_on": _day(n), "ends_on": _day(n)},
    "practice.plan_duty": lambda n, given: {"phone": "0898-65700000"},
    "practice.post_share": lambda n, given: {"kept": 1, "most": 2},
    "practice.placement_change": lambda n, given: {"from_on": _day(n)},
    "practice.presence_week": lambda n, given: {"monday": _MONDAY, "score": 70},
    # One number at a time: each of a day.
    "practice.presence_weight": lambda n, given: {
        "points": 15,
        "most": 40,
        "effective_from": _day(n),
        "effective_to": _day(n),
    },
    "practice.report_duty": lambda n, given: {"effective_from": _day(n), "effective_to": _day(n)},
    "practice.grade_rule": lambda n, given: {"effective_from": _day(n), "effective_to": _day(n)},
    "practice.run_rule": lambda n, given: {"effective_from": _day(n), "effective_to": _day(n)},
    # A light incident tells supervisor and college by itself, and others only if it is graver.
    "practice.incident_report": lambda n, given: {"recipient": "leader"},
    "practice.evaluation": lambda n, given: {
        "shown": True,
        **dict.fromkeys(("culture", "skill", "process", "adaptability"), 80),
    },
    "policy.standing": lambda n, given: {"year": "2025-2026", "period_code": "2025-2026"},
    "policy.rule_version": lambda n, given: {"target": {"at_least": 1}},
    "governance.task_appraisal": lambda n, given: {"score": Decimal(80)},
    # One college may have many: of versions, and of checks one a day.
    "industry_colleges.charter_section": lambda n, given: {"version": n % 30_000},
    "industry_colleges.construction_plan": lambda n, given: {"version": n % 30_000, "status": "replaced"},
    "industry_colleges.check": lambda n, given: {"held_on": _day(n), "score": Decimal(80)},
    "industry_colleges.seat": lambda n, given: {"party": "school", "person": make(Person)},
    "industry_colleges.area_output": lambda n, given: {"link": f"https://example.com/{n}"},
}


def _at_own_post(given: dict[str, Any]) -> dict[str, Any]:
    """A placement is at a post of its own plan."""
    post = given.get("post")
    if post is None:
        plan = {"plan": given["plan"]} if given.get("plan") else {}
        post = make(apps.get_model("practice", "Post"), **plan)
    return {"post": post, "plan": given.get("plan") or post.plan}


def _in_own_room(given: dict[str, Any]) -> dict[str, Any]:
    """A base is used in a room of its own."""
    base = given.get("base") or make(apps.get_model("bases", "Base"))
    return {"base": base, "room": make(apps.get_model("bases", "Room"), base=base)}


def _pair(given: dict[str, Any]) -> dict[str, Any]:
    """A master works for the firm that trains the apprentice."""
    apprentice = given.get("apprentice") or make(apps.get_model("cultivation", "Apprentice"))
    firm = apprentice.programme.organisation
    return {"apprentice": apprentice, "master": make(apps.get_model("partners", "Contact"), organisation=firm)}


_DELIVERED = {"delivered_on": BEGIN, "delivered_value": Decimal(1)}
_RECOGNISED = {"recognised_on": BEGIN, "recheck_due": END}
# What a full record must hold in a state besides the state itself; the empty key stands for all others.
STATES: dict[str, dict[str, Callable[[], dict[str, Any]]]] = {
    "partners.organisation": {
        "merged": lambda: {"merged_into": make(apps.get_model("partners", "Organisation"))},
        "": lambda: {"merged_into": None},
    },
    "policy.waiver": {"": lambda: {"decided_on": BEGIN}},
    "bases.benefit_statement": {
        "confirmed": lambda: {"school_confirmed_on": BEGIN, "firm_confirmed_on": BEGIN, "firm_confirmed_by": "企业"},
    },
    "bases.contribution": {
        "delivered": lambda: _DELIVERED,
        "accepted": lambda: _DELIVERED | {"accepted_on": END},
        "settled": lambda: _DELIVERED | {"accepted_on": END, "settled_on": END, "settlement": "归学校所有"},
        "": lambda: {"delivered_on": None, "delivered_value": None},
    },
    "bases.base_recognition": {
        "recognised": lambda: _RECOGNISED,
        "revoked": lambda: _RECOGNISED,
    },
    "bases.base_plan": {"approved": lambda: {"approved_on": BEGIN}},
    "bases.term_summary": {"": lambda: {"submitted_on": BEGIN}, "draft": lambda: {"submitted_on": None}},
    "practice.presence_signal": {"": lambda: {"paper": make(apps.get_model("practice", "ArchivePaper"))}},
    "cultivation.risk": {"closed": lambda: {"closed_on": END}, "": lambda: {"closed_on": None}},
}


def state_values(key: str, state: str) -> dict[str, Any]:
    known = STATES.get(key, {})
    return known.get(state, known.get("", dict))()


# Fields that stay empty even in a full record: another kind of record has them.
NEVER = {
    "partners.organisation": {"merged_into"},
    "org.unit": {"merged_into"},
    "governance.committee": {"group"},
    "industry_colleges.resource_allocation": {"organisation"},
    "cultivation.risk": {"order_class", "closed_on"},
    # The school's own, pledged; papers not yet handed in; a check still to be done.
    "bases.contribution": {
        "organisation",
        *("delivered_value", "delivered_on", "accepted_on", "accepted_by", "settled_on", "settled_value", "settlement"),
    },
    "bases.base_recognition": {"recognised_on", "recheck_due", "rechecked_on"},
    "bases.base_plan": {"approved_on"},
    "bases.term_summary": {"submitted_on"},
    "bases.safety_check": {"done_on", "result", "mended_on"},
    # Only a post that a student found names the student.
    "practice.post": {"found_by", "longitude", "latitude"},
    # Apprentices of another programme than the record's own are refused.
    "cultivation.quality_review": {"apprentice"},
    "cultivation.circumstance_change": {"apprentice", "to_programme"},
}


def text(field: models.Field, n: int) -> str:
    words = f"海棠{n}"
    if isinstance(field, UsccField):
        return valid_uscc(n)
    if isinstance(field, models.EmailField):
        return f"p{n}@example.com"
    if isinstance(field, models.SlugField):
        return f"code_{n}"
    if isinstance(field, models.URLField):
        return f"https://example.com/{n}"
    if field.name.endswith("phone"):
        return f"1380000{n % 10000:04d}"
    if field.name == "id_number":
        return "11010519491231002X"
    limit = field.max_length or 100
    return words if len(words) <= limit else str(n)[-limit:]


def value_for(field: models.Field, n: int, unit: Unit | None) -> Any:
    """A value that the field's type allows."""
    if field.choices:
        return next(value for value, _label in field.flatchoices if value != "")
    match field:
        case models.ForeignKey():
            target = field.related_model
            return unit if target is Unit and unit is not None else make(target, unit=unit)
        case models.CharField() | models.TextField():
            return text(field, n)
        case models.DateTimeField():
            return timezone.now()
        case models.DateField():
            return END if field.name in _LAST else BEGIN
        case models.BooleanField():
            return False
        case models.DecimalField():
            return Decimal(1)
        case models.IntegerField() | models.FloatField():
            return 1 + n % 30_000
        case WordsField():
            return {"zh-hans": f"海棠{n}", "en": f"Sample {n}"}
        case models.JSONField():
            return {}
    raise NotImplementedError(f"tests/factories.py: no value for {field}")


def _needed(field: models.Field, full: bool) -> bool:
    """Whether a record must say this field itself."""
    if isinstance(field, (models.GeneratedField, models.AutoField)):
        return False
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False) or field.has_default():
        return False
    if full and field.editable and not isinstance(field, models.OneToOneField):
        return not (field.is_relation and field.related_model is field.model)
    return not (field.null or field.blank)


def _nest(spec: dict[str, Any], path: str, value: Any) -> None:
    first, _sep, rest = path.partition("__")
    if rest:
        spec.setdefault(first, {})
        if isinstance(spec[first], dict):
            _nest(spec[first], rest, value)
    else:
        spec.setdefault(first, value)


def placed(model: type[models.Model], unit: Unit | None, person: Person | None) -> dict[str, Any]:
    """Which relations put a record of this type into a unit and into somebody's name, along the paths of its scope."""
    scope: Scope = getattr(model, "scope", Scope())
    spec: dict[str, Any] = {}
    if person is not None and scope.people:
        _nest(spec, scope.people[0], person)
    if unit is not None and scope.units:
        _nest(spec, scope.units[0], unit)
    spec.pop("id", None)
    return spec


def make(
    model: Any, *, unit: Unit | None = None, person: Person | None = None, full: bool = False, **given: Any
) -> Any:
    """One saved record: only what must be filled, or with `full` all that may be; in a unit, in somebody's name."""
    record, several = build(model, unit=unit, person=person, full=full, **given)
    record.save()
    for name, items in several.items():
        getattr(record, name).set(items)
    return record


def build(
    model: Any, *, unit: Unit | None = None, person: Person | None = None, full: bool = False, **given: Any
) -> tuple[Any, dict[str, list[Any]]]:
    """An unsaved record, whose relations are saved, and its relations to many."""
    n = next(_numbers)
    values: dict[str, Any] = {}
    several: dict[str, list[Any]] = {}
    spec = placed(model, unit, person)
    if model is Unit and unit is not None:
        spec["parent"] = unit
    for name, value in spec.items():
        if name in given:
            continue
        field = model._meta.get_field(name)
        if isinstance(value, dict):
            value = make(field.related_model, **{"unit": unit, **_made(field.related_model, value, unit)})
        if field.many_to_many:
            several[name] = [value]
        else:
            values[name] = value
    special = SPECIAL.get(type_key(model), lambda n, given: {})
    values = {**special(n, {**values, **given}), **values, **given}
    never = NEVER.get(type_key(model), set())
    for field in model._meta.concrete_fields:
        if field.name not in values and field.name not in never and _needed(field, full):
            values[field.name] = value_for(field, n, unit)
    return model(**values), several


def _made(model: Any, spec: dict[str, Any], unit: Unit | None) -> dict[str, Any]:
    return {
        name: make(
            model._meta.get_field(name).related_model,
            **{"unit": unit, **_made(model._meta.get_field(name).related_model, value, unit)},
        )
        if isinstance(value, dict)
        else value
        for name, value in spec.items()
        if name != "id"
    }


class World:
    """A school with two colleges and a department; for every role one person, who holds it at the first college and whose home is the department."""

    def __init__(self) -> None:
        self.school = make(Unit, code="W0", name="学校", kind="school", starts_on=date(2000, 1, 1))
        self.own = make(Unit, code="W1", name="本学院", parent=self.school, starts_on=date(2000, 1, 1))
        self.sibling = make(Unit, code="W2", name="邻学院", parent=self.school, starts_on=date(2000, 1, 1))
        self.home = make(
            Unit, code="W3", name="机关", kind="department", parent=self.school, starts_on=date(2000, 1, 1)
        )
        names = [*Role.values, "nobody"]
        people = Person.objects.bulk_create(
            Person(name=f"人{name}", staff_number=f"W{i:03d}", unit=self.home) for i, name in enumerate(names)
        )
        self.people: dict[str, Person] = dict(zip(names, people, strict=True))
        users = User.objects.bulk_create(User(username=f"w-{name}", person=self.people[name]) for name in names)
        self.users: dict[str, User] = dict(zip(names, users, strict=True))
        Membership.objects.bulk_create(
            Membership(person=self.people[role], role=role, unit=self.own, starts_on=date(2020, 1, 1))
            for role in Role.values
        )
        self._clients: dict[str, Client] = {}

    def client(self, role: str) -> Client:
        """A browser signed in as somebody in that role; `anonymous` is nobody at all."""
        if role not in self._clients:
            client = self._clients[role] = Client(raise_request_exception=True)
            if role != "anonymous":
                client.force_login(self.users[role], backend=settings.AUTHENTICATION_BACKENDS[-1])
        return self._clients[role]

    def extent(self, key: str, role: str, capability: str) -> str | None:
        """What the role table says: all, unit, own, or nothing."""
        return role_table().rows.get(key, {}).get(role, {}).get(capability)

    def allowed(self, key: str, role: str, capability: str, record: Placed | None = None) -> bool:
        """What must hold, computed from the role table alone: on this record, or at all."""
        extent = self.extent(key, role, capability)
        if extent is None or record is None:
            return extent is not None
        return (
            extent == "all" or (extent == "unit" and record.in_own_unit) or (extent == "own" and record.holder == role)
        )


class Placed:
    """A record, and what was done to place it."""

    def __init__(self, record: Any, in_own_unit: bool, holder: str | None = None):
        self.record, self.in_own_unit, self.holder = record, in_own_unit, holder
        self.pk = record.pk

    def __repr__(self) -> str:
        return "own" if self.in_own_unit else f"of {self.holder}" if self.holder else "sibling"
