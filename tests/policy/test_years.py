"""The pages of the yearly close and of recounts: the same functions as the commands, for whoever the role table names."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from tests.policy import factories as make
from zhixing.kernel.models import Progress
from zhixing.kernel.scope import SYSTEM
from zhixing.policy import jobs, recounting
from zhixing.policy.closing import close_year
from zhixing.policy.engine import assess
from zhixing.policy.models import Recount, Standing, YearClose

YEAR = "2024-2025"
PAGE = f"/policy/years/{YEAR}/"


@pytest.fixture
def past(college: make.College) -> make.College:
    make.link(college.groups[0], starts_on=date(2024, 1, 1))
    assess(year=YEAR)
    assess()
    return college


def client_of(college: make.College, name: str) -> Client:
    client = Client()
    client.force_login(college.user(name))
    return client


def test_the_office_sees_what_will_be_frozen_and_closes_it(past: make.College) -> None:
    office = client_of(past, "office")
    page = office.get(PAGE)
    body = page.content.decode()
    assert "⟦undefined" not in body and page.context["may_close"]
    assert page.context["total"] == Standing.objects.filter(year=YEAR, period_ends_on__lte=date(2025, 8, 31)).count()
    assert office.post(PAGE).headers["Location"] == PAGE, "without a worker it is done at once"
    close = YearClose.objects.get()
    assert (close.frozen_count, close.closed_by) == (page.context["total"], "王教务")
    page = office.get(f"{PAGE}?check=1")
    assert page.context["closed"] and page.context["holds"] is True and close.hash in page.content.decode()
    assert office.post(PAGE).status_code == 409
    YearClose.objects.update(hash="0" * 64)
    assert office.get(f"{PAGE}?check=1").context["holds"] is False
    assert "closed" in str(office.get("/policy/years/").context["years"])


def test_who_may_not_close_looks_on(past: make.College) -> None:
    dean = client_of(past, "dean0")
    page = dean.get(PAGE)
    assert page.status_code == 200 and not page.context["may_close"]
    assert dean.post(PAGE).status_code == 403
    assert dean.post(f"{PAGE}recount/", {"name": "重算"}).status_code == 403
    assert not YearClose.objects.exists()


def test_a_running_year_and_an_unknown_one_are_not_closed(past: make.College) -> None:
    office = client_of(past, "office")
    assert office.post("/policy/years/2025-2026/").status_code == 409
    assert office.get("/policy/years/2001-2002/").status_code == 404


def test_a_recount_stands_beside_what_was_closed(past: make.College) -> None:
    office = client_of(past, "office")
    assert office.post(f"{PAGE}recount/", {"name": "太早"}).headers["Location"] == PAGE
    assert not Progress.objects.exists()
    close_year(YEAR)
    past.groups[0].industry_links.all().delete()
    answer = office.post(f"{PAGE}recount/", {"name": "联系已删"})
    found = Recount.objects.get()
    assert answer.headers["Location"] == f"/policy/recounts/{found.pk}/"
    page = office.get(answer.headers["Location"])
    assert "⟦undefined" not in page.content.decode()
    ((closed, anew),) = [
        (row["closed"]["state"], row["anew"]["state"])
        for row in page.context["rows"]
        if (row["rule"], row["change"], row["unit_name"]) == ("R01", "worse", past.groups[0].name)
    ]
    assert (closed, anew) == ("met", "unmet")
    same = office.get(f"{answer.headers['Location']}?change=same").context["rows"]
    assert same and all(row["closed"]["state"] == row["anew"]["state"] for row in same)
    # A name is taken once, and the job that made it may be run again.
    assert office.post(f"{PAGE}recount/", {"name": "联系已删"}).headers["Location"] == PAGE
    job = Progress.objects.get(kind="recount")
    Progress.objects.filter(pk=job.pk).update(state="running")
    jobs.recount_now(progress=job.pk, name="联系已删", year=YEAR, user=past.user("office").pk)
    job.refresh_from_db()
    assert job.state == "done" and Recount.objects.count() == 1


def test_only_a_closed_year_is_counted_anew_by_page_job_and_command_alike(past: make.College) -> None:
    job = Progress.objects.create(kind="recount", title="太早", user=past.user("office"), state="waiting")
    jobs.recount_now(progress=job.pk, name="太早", year=YEAR, user=past.user("office").pk)
    job.refresh_from_db()
    assert job.state == "failed" and YEAR in job.message
    for year in (["--year", YEAR], []):
        with pytest.raises(CommandError) as refused:
            call_command("assess", *year, "--what-if", "太早")
        assert refused.value.returncode == 2
    assert not Recount.objects.exists()


def test_a_unit_that_was_renamed_since_stands_beside_itself(past: make.College) -> None:
    close_year(YEAR, by=SYSTEM)
    before = recounting.compare(recounting.recount("改名之前", YEAR), SYSTEM)
    for group in past.groups:
        group.name = f"新{group.name}"
        group.save()
    found = recounting.recount("改名之后", YEAR)
    after = recounting.compare(found, SYSTEM)
    assert any(pair.closed and pair.anew and pair.closed["unit_name"] != pair.anew["unit_name"] for pair in after)
    assert [pair.change for pair in after] == [pair.change for pair in before]
    # What an earlier version kept has no keys of units: it is told apart by names, as it was.
    for result in found.results:
        del result["unit_key"]
    assert any(pair.closed is None for pair in recounting.compare(found, SYSTEM))
