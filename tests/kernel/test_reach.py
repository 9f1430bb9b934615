"""Several capabilities on one row are asked for at once, and answered as one by one."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import World, make
from zhixing.kernel.scope import CAPABILITIES
from zhixing.org.actors import actor_for
from zhixing.org.models import Role
from zhixing.partners.models import Organisation

ALL = tuple(CAPABILITIES.values())


@pytest.mark.parametrize("role", Role.values)
def test_capabilities_together_are_those_one_by_one(world: World, role: str) -> None:
    actor = actor_for(world.users[role])
    for unit in (world.own, world.sibling):
        record = make(Organisation, unit=unit)
        one_by_one = {capability for capability in ALL if actor.can_on(record, capability)}
        with CaptureQueriesContext(connection) as queries:
            assert actor.able_on(record, *ALL) == one_by_one
        reaches = {actor.reach(Organisation, capability) for capability in ALL}
        assert len(queries) <= sum(1 for reach in reaches if reach and not reach.everything)


def test_a_page_of_a_record_asks_a_dean_no_more_than_fifteen_questions(world: World) -> None:
    record = make(Organisation, unit=world.own, full=True)
    client = world.client("dean")
    client.get(f"/partners/organisation/{record.pk}/")
    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"/partners/organisation/{record.pk}/").status_code == 200
    assert len(queries) <= 15
