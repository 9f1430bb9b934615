"""A real Chromium before a real server. Where there is no browser the tests are skipped, and say so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, connections
from django.test import override_settings
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests import conftest
from zhixing.org.models import User

# The browser's driver keeps a loop running in the test's thread; the tests themselves are plain code that asks the
# database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
PHONE, DESK = (390, 844), (1440, 900)
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str | None:
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((found for found in map(shutil.which, filter(None, names)) if found), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)
            if chromium() is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium here: set CHROMIUM to its path"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for a file of tests. Its driver's loop ends with it: later tests of other kinds may run loops of their own."""
    with sync_playwright() as driver:
        made = driver.chromium.launch(executable_path=chromium(), args=list(QUIET))
        yield made
        made.close()


class Windows:
    """Opens windows of the product, and notes every error in a console and every request to another server."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.faults: list[str] = []
        self.contexts: list[BrowserContext] = []

    def open(
        self,
        user: User | None = None,
        *,
        language: str = "zh-hans",
        mode: str = "light",
        size: tuple[int, int] = DESK,
    ) -> Page:
        """A window in a language, a mode and a size, signed in as `user` if there is one."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, base_url=self.address, accept_downloads=True
        )
        context.set_default_timeout(20_000)
        self.contexts.append(context)
        cookies = {"django_language": language, "zx_mode": mode}
        if user is not None:
            cookies["sessionid"] = _session(user)
        context.add_cookies([{"name": name, "value": value, "url": self.address} for name, value in cookies.items()])
        page = context.new_page()
        page.on(
            "console", lambda said: self.faults.append(f"{page.url}: {said.text}") if said.type == "error" else None
        )
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("request", lambda asked: self._asked(asked.url))
        return page

    def _asked(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.faults.append(f"asked {url}")


def _session(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "zhixing.org.accounts.PersonBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


@pytest.fixture
def windows(browser: Browser, live_server: Any) -> Iterator[Windows]:
    """Windows before the live server; at the end nothing may have gone wrong in any of them."""
    made = Windows(browser, live_server.url)
    yield made
    for context in made.contexts:
        context.close()
    assert made.faults == []


@contextmanager
def standing(browser: Browser, blocker: Any, home: Path) -> Iterator[Windows]:
    """Windows before a server for a file of tests, which writes its college in the block; afterwards the database is as before.

    The tests themselves read only: what they wrote in their own transactions the server would not see.
    """
    with blocker.unblock(), override_settings(HOME=home):
        assert "test" in connection.settings_dict["NAME"], "this empties the database"
        server = LiveServer("localhost")
        with server._live_server_modified_settings:
            cache.clear()
            windows = Windows(browser, server.url)
            try:
                yield windows
            finally:
                for context in windows.contexts:
                    context.close()
                server.stop()
                cache.clear()
                call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=False, reset_sequences=False)
                assert conftest._seeds is not None
                conftest._seeds.restore()
                # Beside the browser's loop this thread has a connection of its own, which nobody else would close.
                connections.close_all()


def overflow(page: Page) -> str:
    """What is wider than the window; empty when all fits."""
    return page.evaluate(
        """() => {
            const width = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= width) return "";
            const wide = [...document.body.querySelectorAll("*")].filter(
                (e) => e.getBoundingClientRect().right > width + 1 && !e.closest(".zx-scroll, dialog"));
            const shown = wide.slice(0, 5).map((e) => e.tagName + "." + e.className);
            return document.documentElement.scrollWidth + " of " + width + ": " + shown.join(", ");
        }"""
    )
