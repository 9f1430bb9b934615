"""What nobody means in an address is answered with a page or a sentence, never with a fault of the program."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.urls import reverse

from tests.contract.test_own_pages_queries import addresses
from tests.factories import World, make
from zhixing.kernel.filtering import Listing, filter_class
from zhixing.kernel.models import Event
from zhixing.kernel.scope import SYSTEM
from zhixing.kernel.sheet import Sheet, sheets

# A digit that is no number, numbers that no column holds, a picture, half a day, a book, orders of nothing.
ODD = ("²", "1e9", "-1e40", "9" * 30, "😀", "2026-02-30", "字" * 3000, "--pk,-,name__name", "NaN")


def asked(sheet: Sheet, odd: str) -> dict[str, str]:
    """Every filter, the search, the order and the tab, all with the odd value."""
    return {**dict.fromkeys(filter_class(sheet, SYSTEM).base_filters, odd), "q": odd, "sort": odd, "tab": odd}


def test_a_list_answers_whatever_its_address_says(world: World, sheet: Sheet) -> None:
    make(sheet.model, unit=world.own, full=True)
    for odd in ODD:
        # Rows as page, export and program fetch them; the pages themselves for the two values that say most.
        listing = Listing(sheet, SYSTEM, QueryDict(urlencode({**asked(sheet, odd), "columns": odd})))
        list(listing.page(0, 1))
    client = world.client("office")
    domain, name = sheet.key.split(".")
    for odd in (ODD[0], ODD[3]):
        page = client.get(f"{sheet.url('list')}?{urlencode({**asked(sheet, odd), 'page': odd, 'columns': odd})}")
        assert page.status_code == 200, f"{sheet.key}: {odd[:20]!r} gives {page.status_code}"
        answer = client.get(f"/api/v1/{domain}/{name}?{urlencode(asked(sheet, odd))}")
        assert answer.status_code in {200, 400, 422}, f"{sheet.key}: {odd[:20]!r} gives {answer.status_code}"
        assert answer.status_code == 200 or answer.json()["detail"] or answer.json()["errors"]
    for number in ("0", "9" * 30):
        assert client.get(f"/api/v1/{domain}/{name}/{number}").status_code in {404, 422}
        assert client.get(sheet.url("detail", 1).replace("/1/", f"/{number}/")).status_code == 404


def test_an_address_with_a_zero_byte_is_refused_in_words(world: World) -> None:
    client = world.client("office")
    for name in ("q", "unit", "sort", "tab", "columns", "page"):
        address = urlencode({name: "x\x00y"})
        assert client.get(f"/org/major/?{address}").status_code == 400
        answer = client.get(f"/api/v1/org/major?{address}")
        assert answer.status_code == 400 and answer.json()["detail"]
    assert client.get("/org/ma\x00jor/").status_code == 400


@pytest.mark.parametrize("sort", ["--name", "-", "-name,,name", "name__x", "pk__pk", "id", "-id"])
def test_an_order_that_is_none_is_left_out(world: World, sort: str) -> None:
    assert world.client("office").get("/org/unit/", {"sort": sort}).status_code == 200
    assert world.client("office").get("/api/v1/org/unit", {"sort": sort}).status_code == 200


@pytest.mark.parametrize("number", ["²", "9" * 30, "x", "-1", "1e9", "0"])
def test_a_page_that_is_none(world: World, number: str) -> None:
    assert world.client("office").get("/org/unit/", {"page": number}).status_code == 200
    answer = world.client("office").get("/api/v1/org/unit", {"page": number})
    assert answer.status_code in {200, 400} and (answer.status_code == 200 or answer.json()["detail"])


@pytest.mark.parametrize("key", ["²", "9" * 30, "x", "-1"])
def test_a_choice_of_rows_that_are_none_is_left_out(world: World, key: str) -> None:
    """Bulk acts take keys from the page; whoever writes others reads that nothing was chosen."""
    sheet, action = next(
        (sheet, action) for sheet in sheets() for action in sheet.actions if action.bulk and action.form is None
    )
    record, before = make(sheet.model, unit=world.own), Event.objects.count()
    client = world.client("office")
    answer = client.post(f"{sheet.url('list')}bulk/", {"pk": [key], "action": action.key, "comment": "x"}, follow=True)
    assert answer.status_code == 200 and record.pk and Event.objects.count() == before
    assert [str(said) for said in answer.context["messages"]] == ["请先勾选至少一行。"]


# What the pages of the domains ask of their address, beside lists.
ASKED = (
    *("year", "unit", "state", "plan", "term", "major", "rule", "policy", "post", "made", "kind", "on", "mode"),
    *("base", "room", "week", "day", "month", "from", "to", "page", "q", "near", "only", "missing", "after"),
)


@pytest.mark.parametrize("odd", ODD)
def test_a_page_of_a_domain_answers_whatever_its_address_says(world: World, odd: str) -> None:
    client = world.client("office")
    for url in (*addresses().values(), reverse("home"), reverse("duty-rows"), reverse("reports")):
        answer = client.get(url, dict.fromkeys(ASKED, odd))
        assert answer.status_code in {200, 302, 400, 403, 404}, f"{url}: {odd[:20]!r} gives {answer.status_code}"
        # A year that is none is told before anything else is read.
        answer = client.get(url, dict.fromkeys(ASKED[1:], odd))
        assert answer.status_code in {200, 302, 400, 403, 404}, f"{url}: {odd[:20]!r} gives {answer.status_code}"
