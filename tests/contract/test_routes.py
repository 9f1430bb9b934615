"""Every address of the product has an expectation: who may call it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.contract.expectations import API_OPERATIONS, OPEN, OWN, PLAIN, SIGNED_IN, TYPE_PAGES, calls
from tests.contract.visits import visit
from tests.factories import World
from zhixing.kernel.sheet import Sheet, sheets
from zhixing.org.models import Role


def addresses(resolver: Any = None, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every named address, with its namespace."""
    for item in (resolver or get_resolver()).url_patterns:
        if isinstance(item, URLResolver):
            yield from addresses(item, f"{namespace}{item.namespace}:" if item.namespace else namespace)
        else:
            yield f"{namespace}{item.name}", item


ALL = dict(addresses())
OF_TYPES = TYPE_PAGES | {f"api:{verb}_{sheet.key.replace('.', '_')}" for sheet in sheets() for verb in API_OPERATIONS}


def test_every_address_has_an_expectation() -> None:
    unknown = set(ALL) - set(PLAIN) - OF_TYPES
    assert not unknown, f"Say in tests/contract/expectations.py who may call: {sorted(unknown)}"


def test_every_expectation_has_an_address() -> None:
    gone = (set(PLAIN) | TYPE_PAGES) - set(ALL)
    assert not gone, f"These addresses are no more: {sorted(gone)}"


def test_every_page_and_operation_of_a_type_is_tried(sheet: Sheet) -> None:
    tried = calls(sheet)
    missing = TYPE_PAGES - {call.name for call in tried if not call.api} - ({"act"} if not sheet.actions else set())
    assert not missing
    assert {call.name for call in tried if call.api} == API_OPERATIONS


def url_of(name: str) -> str:
    """An address with its places filled by what is not there."""
    places = ALL[name].pattern.converters
    fill = {
        place: "no-such" if "Slug" in type(kind).__name__ or "String" in type(kind).__name__ else 999_999_999
        for place, kind in places.items()
    }
    return reverse(name, kwargs=fill)


METHODS = ("GET", "POST")


@pytest.mark.parametrize("name", sorted(name for name in PLAIN if name in ALL))
def test_plain_addresses_are_closed_to_strangers(world: World, name: str) -> None:
    """Nobody signed in reaches nothing but the sign-in; somebody without a role reaches what is for everybody alone."""
    wanted, url, api = PLAIN[name], url_of(name), name.startswith("api:")
    for method in METHODS:
        stranger = visit(world.client("anonymous"), method, url)
        if wanted == OPEN:
            assert stranger.status_code < 500
        elif api:
            assert stranger.status_code in {401, 405}, f"{method} {url}: {stranger.status_code}"
        else:
            assert stranger.status_code in {302, 405} and (
                stranger.status_code == 405 or "/accounts/login/" in stranger.headers["Location"]
            )
        nobody = visit(world.client("nobody"), method, url)
        if wanted == SIGNED_IN:
            assert nobody.status_code in {200, 302, 404, 405}, f"{method} {url}: {nobody.status_code}"
        elif wanted == OWN:
            assert nobody.status_code in {302, 403, 404, 405}, f"{method} {url}: {nobody.status_code}"
        elif wanted != OPEN:
            assert nobody.status_code in {403, 404, 405}, f"{method} {url}: {nobody.status_code}"


@pytest.mark.parametrize("name", sorted(name for name, wanted in PLAIN.items() if ":" in wanted and name in ALL))
def test_plain_pages_follow_the_role_table(world: World, name: str) -> None:
    """A page of its own still asks the role table: 403 to whoever has not the capability, never to whoever has it."""
    asked, _sep, post = PLAIN[name].partition(", POST ")
    for role in (*Role.values, "nobody"):
        for method in METHODS:
            key, capability = (post or asked if method == "POST" else asked).split(":")
            status = visit(world.client(role), method, url_of(name)).status_code
            if status == 405:
                continue
            if world.allowed(key, role, capability):
                assert status != 403, f"{role} {method} {name}"
            else:
                assert status in {403, 404}, f"{role} {method} {name}: {status}"
