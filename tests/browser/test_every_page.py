"""Every page of the sample college in a window, once: nothing too wide, unnamed, hard to read, or broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLResolver
from playwright.sync_api import Browser, Page

from tests.browser.conftest import DESK, PHONE, Windows, overflow, standing
from tests.sample.conftest import DAY, SCALE, SEED
from zhixing.kernel.sheet import sheets
from zhixing.org.models import User
from zhixing.policy.engine import assess
from zhixing.policy.loading import load_packs
from zhixing.sample.build import build

pytestmark = pytest.mark.django_db
LOOK = Path(__file__).with_name("looking.js").read_text(encoding="utf-8")
WHO = ("demo-office", "demo-student")
# Every page is looked at in one of these, the next in the next.
LOOKS: tuple[dict[str, Any], ...] = (
    {"language": "zh-hans", "mode": "dark", "size": PHONE},
    {"language": "en", "mode": "light", "size": PHONE},
    {"language": "zh-hans", "mode": "light", "size": DESK},
    {"language": "en", "mode": "dark", "size": DESK},
)


@pytest.fixture(scope="module")
def windows(
    browser: Browser, django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Windows, dict[str, list[Page]]]]:
    """Everybody's windows, one for each look."""
    with standing(browser, django_db_blocker, tmp_path_factory.mktemp("home")) as made:
        build(SCALE, SEED, DAY)
        load_packs()
        assess(as_of=DAY, store=True)
        users = User.objects.in_bulk(WHO, field_name="username")
        yield made, {who: [made.open(users[who], **look) for look in LOOKS] for who in WHO}


def addresses(of: Any = None, before: str = "/") -> Iterator[str]:
    """The pages that stand by themselves."""
    for pattern in (of or get_resolver()).url_patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, path)
        elif "<" not in path:
            yield path


def is_page(user: User, path: str) -> bool:
    """Not a file, a program's answer, or an address that is only written to or leads elsewhere."""
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    answer = client.get(path)
    return answer.status_code == 200 and answer["Content-Type"].startswith("text/html")


def records() -> Iterator[str]:
    """Of every record type its list and its latest record."""
    for sheet in sheets():
        yield sheet.url("list")
        key = sheet.model._base_manager.order_by("-pk").values_list("pk", flat=True).first()
        if key is not None:
            yield sheet.url("detail", key)


@pytest.mark.parametrize("who", WHO)
def test_every_page_fits_is_named_and_can_be_read(
    windows: tuple[Windows, dict[str, list[Page]]], clock: Callable[[date], None], who: str
) -> None:
    clock(DAY)
    made, opened = windows
    user = User.objects.get(username=who)
    pages = opened[who]
    paths = [path for path in addresses() if is_page(user, path)]
    if who == "demo-office":
        paths = list(dict.fromkeys([*paths, *records()]))
    told, seen = [], 0
    for path, page in zip(paths, pages * len(paths), strict=False):
        answer = page.goto(path)
        assert answer is not None
        if answer.status == 403:
            continue
        assert answer.ok and urlsplit(page.url).path == path, f"{path}: {answer.status}, {page.url}"
        seen += 1
        told += [f"{path}: {fault}" for fault in (*page.evaluate(LOOK), overflow(page)) if fault]
    assert not told, f"{len(told)}:\n" + "\n".join(told[:60])
    # A page that may not be read is told as a fault by the browser's console alone.
    assert [fault for fault in made.faults if "403 (Forbidden)" not in fault] == []
    assert seen > (200 if who == "demo-office" else 10)
