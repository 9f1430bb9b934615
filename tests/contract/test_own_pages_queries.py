"""Pages of a domain's own, such as heat maps, calendars and boards, ask no more for many rows than for few."""

from __future__ import annotations

import re
from collections import Counter

from django.urls import NoReverseMatch, reverse

from tests.contract.test_queries import asked, with_some
from tests.factories import World
from zhixing.kernel.sheet import domains, sheets


def addresses() -> dict[str, str]:
    """The pages that stand in the menu without a record."""
    found = {}
    for domain in domains():
        for _label, _icon, name, *_needs in domain.pages:
            try:
                found[name] = reverse(name)
            except NoReverseMatch:
                continue
    return found


def test_own_pages_ask_as_often_for_many_rows_as_for_few(world: World) -> None:
    client = world.client("office")
    seen = {name: url for name, url in addresses().items() if client.get(url).status_code == 200}
    assert len(seen) > 8
    # What such pages are made of: whatever has states or tabs, and the plain rows that boards are filled with.
    kept = [
        sheet.model
        for sheet in sheets()
        if sheet.flow or sheet.tabs or sheet.key.endswith(("area_plan", "area_output", "room"))
    ]
    for model in kept:
        with_some(model, world, 6)
    few = {name: asked(world, url) for name, url in seen.items()}
    for model in kept:
        with_some(model, world, 8)
    grown = {}
    for name, url in seen.items():
        many = asked(world, url)
        if len(many) != len(few[name]):
            more = Counter(map(_shape, many)) - Counter(map(_shape, few[name]))
            grown[name] = (len(few[name]), len(many), list(more))
    assert not grown, grown


def _shape(sql: str) -> str:
    """A statement without its numbers: two of them are the same question."""
    return re.sub(r"\d+", "N", sql)[:200]
