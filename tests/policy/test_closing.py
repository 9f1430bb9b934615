"""The yearly close: frozen whole under one fingerprint, taken up where it was cut off, never moved again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command

from tests.policy import factories as make
from zhixing.org.models import AcademicYear
from zhixing.policy import closing
from zhixing.policy.closing import close_year, fingerprint, holds, line_of
from zhixing.policy.engine import AssessError, assess
from zhixing.policy.models import Recount, RuleVersion, Standing, YearClose

YEAR = "2024-2025"


@pytest.fixture
def past(college: make.College) -> make.College:
    make.link(college.groups[0], starts_on=date(2024, 1, 1))
    make.activity(college.groups[0], date(2024, 10, 1))
    assess()
    return college


def test_a_closed_year_keeps_thresholds_and_evidence(past: make.College) -> None:
    closed = close_year(YEAR)
    rows = Standing.objects.filter(year=YEAR)
    assert closed.frozen == rows.count() > 28
    assert not rows.filter(frozen_at=None).exists()
    kept = rows.get(rule__code="R01", unit_code="ZYQ000")
    link = past.groups[0].industry_links.get()
    assert kept.frozen["evidence"] == [{"type": "partners.industry_link", "id": link.pk, "label": str(link)}]
    assert kept.frozen["thresholds"]["target"] == {"at_least": 1}
    assert AcademicYear.objects.get(code=YEAR).closed_at is not None
    whole = hashlib.sha256()
    for standing in rows.select_related("rule__policy").order_by("rule__code", "unit_scope", "unit_key", "period_code"):
        whole.update(line_of(standing))
    assert whole.hexdigest() == closed.hash


def test_closing_again_repeats_the_fingerprint(past: make.College) -> None:
    assert close_year(YEAR) == close_year(YEAR)
    assert YearClose.objects.count() == 1


def test_a_close_that_was_cut_off_is_taken_up(past: make.College, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = closing._freeze_rule, []

    def cut_off(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) == 5:
            raise KeyboardInterrupt
        real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(closing, "_freeze_rule", cut_off)
    with pytest.raises(KeyboardInterrupt):
        close_year(YEAR)
    half = set(Standing.objects.filter(year=YEAR, frozen_at__isnull=False).values_list("pk", "frozen_at"))
    assert half and YearClose.objects.get().closed_at is None
    monkeypatch.setattr(closing, "_freeze_rule", real)
    closed = close_year(YEAR)
    assert closed.frozen == Standing.objects.filter(year=YEAR).count()
    # What was frozen before the cut was not frozen again.
    assert half <= set(Standing.objects.filter(year=YEAR).values_list("pk", "frozen_at"))
    assert (closed.frozen, closed.hash) == fingerprint(YEAR)


def test_later_records_and_rules_move_nothing(past: make.College) -> None:
    before = close_year(YEAR)
    past.groups[0].industry_links.all().delete()
    RuleVersion.objects.filter(rule__code="R01").update(target={"at_least": 5})
    found = assess(year=YEAR, rule="R01", unit="ZYQ000").findings
    assert [(f.state, f.target) for f in found] == [("met", 1)]
    assess()
    assert holds(YEAR)
    assert close_year(YEAR) == before
    again = assess(year=YEAR, rule="R01", unit="ZYQ000", what_if=True)
    assert [f.state for f in again.findings] == ["unmet"]
    assert holds(YEAR)


def test_a_recount_is_named_and_kept_apart(past: make.College, capsys: pytest.CaptureFixture[str]) -> None:
    close_year(YEAR)
    past.groups[0].industry_links.all().delete()
    call_command("assess", "--year", YEAR, "--rule", "R01", "--what-if", "没有联系会怎样", "--json")
    rows = json.loads(capsys.readouterr().out)
    kept = Recount.objects.get()
    assert [{name: said for name, said in row.items() if name != "unit_key"} for row in kept.results] == rows
    assert kept.results[0]["unit_key"] == past.groups[0].pk and kept.year == YEAR
    assert {row["state"] for row in rows} == {"unmet"}
    with pytest.raises(CommandError) as refused:
        call_command("assess", "--year", YEAR, "--what-if", "没有联系会怎样")
    assert refused.value.returncode == 2


def test_only_a_year_that_is_over_is_closed(past: make.College, clock: Callable[[date], None]) -> None:
    for wrong in ("2025-2026", "2025", "nonsense"):
        with pytest.raises(AssessError):
            close_year(wrong)
    clock(date(2026, 8, 31))
    with pytest.raises(AssessError):
        close_year("2025-2026")
    clock(date(2026, 9, 1))
    # The calendar year of 2026 and the plan period run on: they are closed with a later year.
    assert close_year("2025-2026").frozen
    assert Standing.objects.filter(rule__period="calendar_year", period_code="2025", frozen_at__isnull=False).exists()
    assert not Standing.objects.filter(period_code__in=["2026", "2024-2028"], frozen_at__isnull=False).exists()


def test_only_who_may_closes(past: make.College) -> None:
    with pytest.raises(PermissionDenied):
        close_year(YEAR, by=past.actor("dean0"))
    assert close_year(YEAR, by=past.actor("office")).frozen
    assert YearClose.objects.get().closed_by == "王教务"


def test_the_command_prints_what_scripts_read(past: make.College, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("close-year", YEAR, "--json")
    answer = json.loads(capsys.readouterr().out)
    assert answer == {"frozen": Standing.objects.filter(year=YEAR).count(), "hash": YearClose.objects.get().hash}
    with pytest.raises(CommandError) as refused:
        call_command("close-year", "2025-2026")
    assert refused.value.returncode == 2
