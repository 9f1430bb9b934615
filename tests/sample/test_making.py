"""Making the sample college: the same dice give the same one, a second run changes nothing, real records are safe."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models, transaction

from tests.sample.conftest import DAY, SEED
from zhixing.org import reference_data
from zhixing.org.models import Holiday, IndustryCode, NationalMajor, School, Unit, User
from zhixing.org.reference import Division
from zhixing.partners.models import Organisation
from zhixing.sample.build import MODELS, build, counts

TINY = 0.02
# Keys differ from run to run; the hour of writing is the clock's.
_KEYS = {"created_at", "updated_at", "id", "record_id", "unit_id", "url", "snapshot"}
# Within structured fields: addresses and evidence name other records by their keys.
_INNER = {"url", "evidence"}


def _columns(model: type[models.Model]) -> list[str]:
    """All fields; of a relation the first field by which people name its record."""
    columns = []
    for field in model._meta.concrete_fields:
        if field.name in _KEYS | _DRAWN.get(model.__name__, set()) or field.generated:
            continue
        related: Any = field.related_model
        columns.append(f"{field.name}__{getattr(related, 'lookup', ('pk',))[0]}" if related else field.name)
    return [column for column in columns if not column.endswith("__pk")]


def _plain(value: Any) -> Any:
    """A structured value without what names other records by their keys."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items() if key not in _INNER}
    return [_plain(part) for part in value] if isinstance(value, (list, tuple)) else value


# Codes that nobody may guess are drawn anew, and stand in papers whose file and digest are kept; events name papers by
# their digest and say the hour.
_DRAWN = {
    "Certificate": {"code", "sha256"},
    "AgreementDocument": {"verify_code", "file", "sha256", "size"},
    "SignatureRequest": {"document"},
    "Template": {"file"},
    "Event": {"at", "data"},
}


def digest() -> dict[str, str]:
    """What each table holds, whatever its keys."""
    found = {}
    for model in MODELS:
        # Passwords are salted.
        if model is not User:
            rows = sorted(repr(_plain(row)) for row in model._default_manager.values_list(*_columns(model)))
            found[model.__name__] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


def built(scale: float, seed: int, day: date) -> dict[str, str]:
    with transaction.atomic():
        build(scale, seed, day)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        result = digest()
        transaction.set_rollback(True)
    return result


@pytest.mark.django_db
def test_the_same_dice_give_the_same_college_and_others_another() -> None:
    first = built(TINY, SEED, DAY)
    assert built(TINY, SEED, DAY) == first
    assert built(TINY, SEED + 1, DAY)["Student"] != first["Student"]


@pytest.mark.django_db
@pytest.mark.parametrize("day", [date(2026, 9, 1), date(2028, 2, 29), date(2044, 7, 31)], ids=str)
def test_it_can_be_made_on_any_day(day: date) -> None:
    """On the first day of an academic year, on a leap day, and in a holiday beyond the table of festivals."""
    with transaction.atomic():
        world = build(TINY, SEED, day)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert world.years[0].starts_on <= day <= world.years[0].ends_on
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_a_second_run_changes_nothing_and_another_college_is_refused() -> None:
    def run(*arguments: str) -> dict[str, int]:
        out = StringIO()
        call_command("make-college", "--scale", str(TINY), "--json", *arguments, stdout=out)
        return json.loads(out.getvalue())

    first = run()
    assert first == counts()
    before = digest()
    assert run() == first
    assert digest() == before
    for arguments in (("--seed", "7"), ("--scale", "0.03")):
        with pytest.raises(CommandError) as refused:
            run(*arguments)
        assert refused.value.returncode == 2
    assert counts() == first
    with pytest.raises(CommandError):
        run("--scale", "0")


@pytest.mark.django_db
def test_a_database_in_use_is_left_alone() -> None:
    Unit.objects.create(code="X", name="真实的学院", kind=Unit.Kind.COLLEGE, starts_on=date(2020, 9, 1))
    with pytest.raises(CommandError) as refused:
        call_command("make-college", "--scale", str(TINY))
    assert refused.value.returncode == 2
    assert not School.objects.exists()
    assert not Organisation.objects.exists()


@pytest.mark.django_db
def test_reference_tables_hold_the_facts_and_load_twice_as_once() -> None:
    first = reference_data.load()
    assert {key: count["rows"] for key, count in first.items()} == {
        "majors": 1004,
        "industry": 1971,
        "divisions": 3214,
        "colleges": 2919,
        "holidays": 328,
    }
    assert NationalMajor.objects.filter(code__endswith="K").count() == 40
    assert IndustryCode.objects.get(code="6110").parent.parent.parent.code == "H"
    assert Division.objects.get(code="469002").parent.name == "海南省"
    assert Holiday.objects.get(day=date(2026, 10, 1)).name == "国庆节"
    assert not Holiday.objects.filter(day__year=2027).exists()
    second = reference_data.load()
    assert {(count["new"], count["changed"]) for count in second.values()} == {(0, 0)}
    NationalMajor.objects.filter(code="570102K").update(name="错名")
    assert reference_data.load()["majors"]["changed"] == 1
    assert NationalMajor.objects.get(code="570102K").name == "学前教育"
