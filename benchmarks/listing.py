"""List pages and the API's lists, over 100,000 organisations."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks import data
from benchmarks.timing import Row, at_most, faster_than, in_turns, within
from benchmarks.web import Browser
from zhixing.partners.models import Organisation

FILTER = "status=active"


def measure(count: int, rounds: int) -> Iterator[Row]:
    """A page of 50 and an answer of 100, filtered, as a dean who may see the whole school's partners."""
    browser = Browser(data.college()["users"]["dean"])
    data.organisations(200)
    few = _queries(browser)
    data.organisations(count)
    assert len(browser.get(f"/partners/organisation/?{FILTER}").split(b"zx-cell-title")) == 51
    ours, floor, admin = in_turns(
        lambda: browser.get(f"/partners/organisation/?{FILTER}"),
        lambda: browser.get(f"/bench/floor/?{FILTER}"),
        lambda: browser.get("/bench/admin/partners/organisation/?status__exact=active"),
        rounds=rounds,
    )
    rows = f"list of 50 from {count:,}, filtered, as a dean"
    yield at_most("list", rows, "bare Django view, same rows, one query", ours, floor, 2)
    yield faster_than("list", rows, "Django admin", ours, admin, 5)
    many = _queries(browser)
    same = many == few and many <= 8
    yield Row("list", "queries of the list page", "the same with 200 rows", many, few, "= and ≤ 8", same, "queries")
    ours, floor = in_turns(
        lambda: browser.get(f"/api/v1/partners/organisation?page_size=100&{FILTER}"),
        lambda: browser.get(f"/bench/api/organisations?{FILTER}"),
        rounds=rounds,
    )
    yield at_most("api", f"API list, 100 of {count:,}", "ninja on values() of the same fields", ours, floor, 2)
    key = Organisation.objects.order_by("pk").values_list("pk", flat=True)[count // 2]
    for words, address, limit in (
        ("queries of a record's page", f"/partners/organisation/{key}/", 15),
        ("queries of the home page", "/", 20),
    ):
        with CaptureQueriesContext(connection) as queries:
            browser.get(address)
        yield within("list", words, len(queries), limit, unit="queries")


def _queries(browser: Browser) -> int:
    browser.get(f"/partners/organisation/?{FILTER}")
    with CaptureQueriesContext(connection) as queries:
        browser.get(f"/partners/organisation/?{FILTER}")
    return len(queries)
