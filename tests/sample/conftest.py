"""A tiny sample college, built once for the tests that only look at it, and taken away when they are done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction

from zhixing.sample.build import build
from zhixing.sample.world import World

DAY = date(2026, 11, 24)
SEED = 20231230
SCALE = 0.1


@pytest.fixture(scope="module")
def college(django_db_setup: Any, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock():
        with transaction.atomic():
            world = build(SCALE, SEED, DAY)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            yield world
            transaction.set_rollback(True)
        connection.close()
