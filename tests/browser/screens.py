"""The stories of training walked on screen: the same words as for programs, but every writing is done on a page."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, Windows
from tests.cultivation.programs import Clock, Program, Stage
from zhixing.kernel.forms import naming_words
from zhixing.kernel.sheet import sheet_for
from zhixing.org.models import User


class Screen(Program):
    """A desk in front of one account: adds, changes and acts on pages; reads by program what the pages have written."""

    def __init__(self, user: User, windows: Windows):
        super().__init__(user)
        self.windows, self.user = windows, user
        self._page: Page | None = None

    @property
    def page(self) -> Page:
        if self._page is None:
            self._page = self.windows.open(self.user)
        return self._page

    def _fill(self, kind: str, form: Locator, values: dict[str, Any]) -> None:
        sheet = sheet_for(kind)
        assert sheet is not None
        for name, value in values.items():
            at = form.locator(f"[name='{name}']").first
            field = sheet.fields.get(name)
            tag = at.evaluate("e => e.tagName + ' ' + (e.type || '')")
            if value is None:
                value = ""
            if tag.startswith("SELECT"):
                at.select_option([str(item) for item in (value if isinstance(value, list) else [value])])
            elif tag.endswith("checkbox"):
                at.set_checked(bool(value))
            else:
                at.fill(self._words(name, field, value))

    @staticmethod
    def _words(name: str, field: models.Field | None, value: Any) -> str:
        """What somebody would type: of a record its code or name."""
        target: Any = field.related_model if field is not None and field.is_relation else _ASKED.get(name)
        if target is None or value == "":
            return str(value)
        model = sheet_for(target).model if isinstance(target, str) else target  # type: ignore[union-attr]
        keys = value if isinstance(value, list) else [value]
        return "\n".join(naming_words(model._default_manager.get(pk=key)) for key in keys)

    def _press(self, button: Locator) -> None:
        with self.page.expect_navigation():
            button.click()
        self._accepted()

    def _accepted(self) -> None:
        """What the page refuses is the test's failure, in the page's words."""
        told = self.page.locator("#main :is(.zx-err, .zx-note--error)").all_inner_texts()
        faults = [text for text in told if text.strip()]
        assert not faults, f"{self.page.url}: {faults}"

    def add(self, kind: str, /, **values: Any) -> int:
        sheet = sheet_for(kind)
        assert sheet is not None
        self.page.goto(sheet.url("add"))
        form = self.page.locator("#main form.zx-form")
        self._fill(kind, form, values)
        self._press(form.locator(".zx-formbar button.zx-btn--primary"))
        return int(self.page.url.rstrip("/").rsplit("/", 1)[1])

    def change(self, kind: str, pk: int, /, **values: Any) -> Any:
        sheet = sheet_for(kind)
        assert sheet is not None
        self.page.goto(sheet.url("edit", pk))
        form = self.page.locator("#main form.zx-form")
        self._fill(kind, form, values)
        self._press(form.locator(".zx-formbar button.zx-btn--primary"))
        return self.show(kind, pk)

    def act(self, kind: str, pk: int, key: str, /, *, status: int | tuple[int, ...] = 200, **asked: Any) -> Any:
        """Press the record's own button; a refusal is read from the page."""
        sheet = sheet_for(kind)
        assert sheet is not None
        self.page.goto(sheet.url("detail", pk))
        address = sheet.url("act", pk, key=key)
        has = f"a[href='{address}'], form[action='{address}'] button"
        target = self.page.locator(has).first
        if not target.is_visible():
            self.page.locator(f"details:has({has}) > summary").first.click()
        asks = target.evaluate("e => e.tagName") == "A"
        with self.page.expect_navigation():
            target.click()
        if asks:
            form = self.page.locator("#main form.zx-form")
            self._fill(kind, form, asked)
            with self.page.expect_navigation():
                form.locator(".zx-card__foot button.zx-btn--primary").click()
        if status == 422:
            said = self.page.locator("#main :is(.zx-note--error, .zx-err):visible").first
            expect(said).to_be_visible()
            return {"detail": said.inner_text(), "errors": {}}
        self._accepted()
        return self.show(kind, pk)

    def decide(self, decision: str = "approve", **more: Any) -> dict[str, Any]:
        """Approve what waits the longest, in the inbox."""
        assert decision == "approve" and not more
        self.page.goto("/inbox/")
        button = self.page.locator("button[formaction*='/decide/']").first
        button.click()
        self.page.wait_for_load_state()
        return {"case_state": "approved"}


# What actions ask for by name, where the field is a relation that the record type itself has not.
_ASKED = {"person": "org.person", "unit": "org.unit", "student": "org.student", "organisation": "partners.organisation"}


class Desk(Stage):
    """The stage of the stories with a screen for everybody."""

    def __init__(self, clock: Clock, day: Any, windows: Windows):
        self.windows = windows
        super().__init__(clock, day, policy=False)

    def program(self, username: str) -> Screen:
        return Screen(self.home.user(username), self.windows)

    def phone(self, username: str | None = None, **more: Any) -> Page:
        """A phone, signed in or not."""
        user = get_user_model()._default_manager.get(username=username) if username else None
        return self.windows.open(user, size=PHONE, **more)  # type: ignore[arg-type]
