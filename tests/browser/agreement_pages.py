"""The pages on which an agreement goes from need to end, one step a method; and a college that a whole file of tests walks in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.core import mail
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from tests.agreements.papers import code_in_mail, last_link
from tests.browser.conftest import PHONE, Windows, overflow
from tests.factories import World, make, valid_uscc
from zhixing.agreements import seeding
from zhixing.agreements.models import Agreement
from zhixing.kernel.models import ApprovalRoute
from zhixing.org.models import Major, MajorGroup, School, Student
from zhixing.partners.models import Contact, Organisation

SIGNATORY, HEAD = "王总", "符校长"
FIRM, ASSOCIATION = valid_uscc(1001), valid_uscc(1002)


class House:
    """One college before one server, for a file of tests: who works there, and their windows, each opened once."""

    def __init__(self, windows: Windows) -> None:
        self.windows = windows
        self.world = world = World()
        seeding.load_kinds()
        make(School, name="海南海棠职业学院")
        for name, kind, code in (
            ("海口椰风酒店管理有限公司", "enterprise", FIRM),
            ("海南省旅游协会", "association", ASSOCIATION),
        ):
            partner = make(Organisation, name=name, kind=kind, status="active", uscc=code, address="海口市龙华区 1 号")
            make(Contact, organisation=partner, name=SIGNATORY, role="signatory", phone="", email="wang@example.com")
        self.group = make(MajorGroup, unit=world.own, name="酒店管理专业群")
        self.major = make(Major, unit=world.own, group=self.group, name="酒店管理与数字化运营")
        # A route of the college's own comes before those that are shipped.
        ApprovalRoute.objects.all().delete()
        ApprovalRoute.objects.create(
            record_type="agreements.agreement",
            name="协议审批",
            effective_from=date(2020, 1, 1),
            stations=[{"role": "dean", "at": "own", "idle_days": 3}],
        )
        today = timezone.localdate()
        # By age; who is of age has no account here and signs by link.
        self.students: dict[int, Student] = {
            age: make(
                Student,
                unit=world.own,
                person=person,
                name="陈海",
                birth_date=date(today.year - age, 1, 1),
                guardian_name="陈父",
            )
            for age, person in ((16, world.people["student"]), (20, None))
        }
        # Windows at a desk, and a phone without an account.
        self.pages = {role: windows.open(world.users[role]) for role in ("office", "dean", "leader", "student")}
        self.pages["outside"] = windows.open(size=PHONE)


class Walk:
    """One agreement on its way through the pages; every page that is passed must fit its window."""

    def __init__(self, house: House) -> None:
        self.house, self.desk = house, house.pages["office"]
        self.record = Agreement()

    # What is pressed -------------------------------------------------------------------------------------------

    @staticmethod
    def accepted(page: Page) -> None:
        told = page.locator("#main :is(.zx-err, .zx-note--error):visible").all_inner_texts()
        assert not [text for text in told if text.strip()], f"{page.url}: {told}"
        assert overflow(page) == "", page.url

    def send(self, button: Locator, page: Page | None = None) -> None:
        page = page or self.desk
        with page.expect_navigation(wait_until="domcontentloaded"):
            button.click()
        self.accepted(page)

    def open(self, page: Page, path: str) -> None:
        page.goto(path, wait_until="domcontentloaded")
        self.accepted(page)

    def at_record(self, page: Page | None = None) -> Page:
        page = page or self.desk
        self.open(page, reverse("detail", args=["agreements", "agreement", self.record.pk]))
        return page

    def fill(self, values: dict[str, Any], page: Page | None = None) -> None:
        form = (page or self.desk).locator("#main form.zx-form, main form").first
        for name, value in values.items():
            field = form.locator(f"[name='{name}']").first
            if field.evaluate("e => e.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(str(value))

    def press(self, key: str, /, **asked: Any) -> None:
        """A button of the record whose page is open; what it asks is filled in and sent."""
        has = f"a[href$='/act/{key}/'], form[action$='/act/{key}/'] button"
        button = self.desk.locator(f".zx-ops :is({has})").first
        button.wait_for(state="attached")
        if not button.is_visible():
            self.desk.locator(".zx-ops details.zx-drop > summary").first.click()
        asks = button.evaluate("e => e.tagName") == "A"
        self.send(button)
        if asks:
            self.fill(asked)
            self.send(self.desk.locator("#main form.zx-form .zx-card__foot button.zx-btn--primary"))

    def offered(self, key: str) -> bool:
        return self.desk.locator(f".zx-ops :is(a[href$='/act/{key}/'], form[action$='/act/{key}/'])").count() > 0

    def state(self) -> str:
        self.record.refresh_from_db()
        expect(self.desk.locator("main")).to_contain_text(str(self.record.get_status_display()))
        return self.record.status

    # The way ---------------------------------------------------------------------------------------------------

    def draft(self, kind: dict[str, Any], **values: Any) -> None:
        """The form of a new agreement, filled in and sent."""
        self.open(self.desk, reverse("add", args=["agreements", "agreement"]))
        form = self.desk.locator("#main form.zx-form")
        form.locator("[name=kind]").select_option(label=kind["name"])
        form.locator("[name=unit]").select_option(label="本学院")
        self.fill(values)
        self.send(form.locator(".zx-formbar button.zx-btn--primary"))
        self.record = Agreement.objects.get(pk=int(self.desk.url.rstrip("/").rsplit("/", 1)[1]))
        expect(self.desk.locator("h1")).to_contain_text(values["title"])

    def write(self, kind: dict[str, Any], own: dict[str, str]) -> None:
        """The text as the kind proposes it, one content in words of one's own, and the kind's named fields."""
        self.send(self.desk.locator("#contents a.zx-card__more"))
        names = [f"content_{spec['code']}" for spec in kind["contents"]]
        for name in names:
            assert self.desk.locator(f"[name={name}]").input_value(), name
        first = f"本协议经双方协商一致（{kind['code']}）。"
        self.fill({names[0]: first, **{f"detail_{code}": said for code, said in own.items()}})
        self.send(self.desk.locator("#main form.zx-form .zx-card__foot button.zx-btn--primary"))
        for words in (first, *own.values()):
            expect(self.desk.locator("#contents")).to_contain_text(words)

    def add_party(self, **values: Any) -> None:
        self.open(self.desk, reverse("add", args=["agreements", "agreement_party"]))
        self.fill({"agreement": self.record.title, **values})
        self.send(self.desk.locator("#main form.zx-form .zx-formbar button.zx-btn--primary"))

    def confirm(self, role: str, by_link: bool) -> None:
        """The partner says that its data are right: by its link on a phone, or on paper to the clerk."""
        party = self.record.parties.get(role=role)
        self.open(self.desk, reverse("detail", args=["agreements", "agreement_party", party.pk]))
        if not by_link:
            self.press("confirm", comment="盖章确认函")
            return
        self.press("link")
        link = self.desk.locator("#handed").inner_text()
        phone = self.house.pages["outside"]
        self.open(phone, "/l/" + link.partition("/l/")[2])
        phone.fill("[name=address]", "海口市龙华区 1 号")
        phone.fill("[name=confirmed_by]", SIGNATORY)
        self.send(phone.locator("form .zx-btn--primary").last, phone)
        expect(phone.locator(".zx-out__end")).to_be_visible()

    def approve(self) -> None:
        """The dean finds it in the own inbox and decides."""
        inbox = self.house.pages["dean"]
        self.open(inbox, reverse("inbox"))
        waiting = inbox.locator("li", has_text=self.record.title)
        self.send(waiting.locator("button[formaction*='/decide/']"), inbox)
        expect(inbox.locator("li", has_text=self.record.title).locator("button[formaction*='/decide/']")).to_have_count(
            0
        )

    def document(self) -> None:
        """A Word file of it, fetched from its own page."""
        self.press("document", kind="draft", format="docx")
        made = self.record.documents.get(kind="draft")
        path = reverse("agreement-file", args=[made.pk])
        if not self.desk.locator(f"a[href='{path}']").count():
            self.open(self.desk, reverse("detail", args=["agreements", "agreement_document", made.pk]))
        with self.desk.expect_download() as coming:
            self.desk.locator(f"a[href='{path}']").first.click()
        assert coming.value.path().read_bytes()[:2] == b"PK"

    def ask_to_sign(self, channels: dict[str, str]) -> None:
        """Signers in the order of the kind, each by the agreed channel."""
        asked: dict[str, str] = {}
        for party in self.record.parties.all():
            asked[f"channel_{party.pk}"] = channels[party.role]
            if party.role == "school":
                asked[f"name_{party.pk}"] = HEAD
            elif channels[party.role] == "link":
                # Nobody is sent many codes in a short time: everybody has an address of the own.
                asked[f"email_{party.pk}"] = f"{party.role}{party.pk}@example.com"
        mail.outbox.clear()
        self.press("sign", **asked)
        expect(self.desk.locator("#signing")).to_contain_text("待签署")

    def sign_all(self) -> list[tuple[str, str]]:
        """Whose turn it is signs, until nobody is left; returns who signed by which channel, in order."""
        signed = []
        ways: dict[str, Callable[[Any], None]] = {"link": self._link, "inside": self._inside, "paper": self._paper}
        while request := self.record.signature_requests.filter(state="open").first():
            ways[request.channel](request)
            signed.append((request.party.role, request.channel))
            request.refresh_from_db()
            assert request.state == "signed"
        return signed

    def _name(self, page: Page, name: str) -> None:
        page.check("input[value=typed]")
        page.fill("#sign-typed", name)
        page.check("input[name=agree]")
        assert overflow(page) == ""
        self.send(page.locator("#sign button.zx-btn--primary"), page)

    def _link(self, request: Any) -> None:
        phone = self.house.pages["outside"]
        self.open(phone, last_link())
        expect(phone.locator("main")).to_contain_text(request.signer_name)
        mail.outbox.clear()
        phone.click("#code button[name=channel]")
        phone.fill("#code-field", code_in_mail())
        phone.press("#code-field", "Enter")
        expect(phone.locator("#sign")).to_be_visible()
        self._name(phone, request.signer_name)
        expect(phone.locator(".zx-out__end")).to_be_visible()

    def _inside(self, request: Any) -> None:
        page = self.house.pages["leader" if request.party.role == "school" else "student"]
        self.open(page, reverse("signing-inside", args=[request.pk]))
        self._name(page, request.signer_name)

    def _paper(self, request: Any) -> None:
        self.open(self.desk, reverse("detail", args=["agreements", "signature_request", request.pk]))
        self.press("paper", signed_on=timezone.localdate().isoformat())

    def ended(self, how: str, move: Callable[[date], None]) -> None:
        """The end that its own page offers: its time is over, it is terminated, or a following one is drafted."""
        if how == "end":
            assert not self.offered("end")
            move(self.record.ends_on + timedelta(days=1))
            self.at_record()
            expect(self.desk.locator("#state")).to_contain_text("协议已到期")
            self.press("end")
            assert self.state() == "ended"
        elif how == "terminate":
            self.press("terminate", comment="企业停业")
            assert self.state() == "terminated"
            expect(self.desk.locator("main")).to_contain_text("企业停业")
        else:
            self.press("renew")
            following = self.record.renewals.get()
            assert self.desk.url.rstrip("/").endswith(f"/{following.pk}")
            assert (following.status, following.number) == ("draft", None)
            assert following.starts_on == self.record.ends_on + timedelta(days=1)
            self.record.refresh_from_db()
            assert self.record.status == "in_force"
