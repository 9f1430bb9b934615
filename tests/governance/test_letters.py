"""Letters of appointment are numbered without a gap, whoever comes at the same moment and whoever fails."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connection, transaction

from tests.governance import factories
from zhixing.governance import actions
from zhixing.governance.models import Seat
from zhixing.kernel.scope import SYSTEM

SEATS = 12


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gap_when_many_issue_at_once_and_some_fail() -> None:
    home = factories.college()
    body = factories.committee(home, starts_on=date(2025, 9, 1))
    seats = [factories.seat(body, home, name=f"委员{number}") for number in range(SEATS)]

    def issue(seat: Seat) -> str:
        try:
            with transaction.atomic():
                number = actions.issue_letter(seat, by=SYSTEM)
                if seat.name in {"委员3", "委员7"}:
                    raise RuntimeError
                return number
        except RuntimeError:
            return ""
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        issued = [number for number in pool.map(issue, seats) if number]
    year = number_of_year(issued)
    assert sorted(issued) == sorted(f"聘〔{year}〕{number}号" for number in range(1, SEATS - 1))
    assert Seat.objects.exclude(letter_number="").count() == SEATS - 2


def number_of_year(issued: list[str]) -> str:
    years = {number[2:6] for number in issued}
    assert len(years) == 1
    return years.pop()
