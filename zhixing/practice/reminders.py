"""Who is told what before a practice begins: choices open, and once a day whoever still has something to do."""

from __future__ import annotations

from collections import Counter, defaultdict

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from zhixing.kernel import events, gateways, links, notices
from zhixing.kernel.flow import FlowError
from zhixing.kernel.models import OutsideLink
from zhixing.kernel.scope import Actor
from zhixing.org.models import Student
from zhixing.partners.models import Organisation
from zhixing.practice import consent_actions, readiness
from zhixing.practice.plans import PracticePlan

FIRM = "practice.firm"
FIRM_DAYS = 60
# What the event on a firm is called by which a colleague was let in, and how many may be in a day.
SHARED = "firm_link_shared"
SHARED_A_DAY = 12
CHOOSE = gettext_noop("Choose your posts for “%(plan)s” until %(day)s.")
LACK = gettext_noop("“%(plan)s” begins on %(day)s and you have still to do: %(items)s.")
COLLEGE = gettext_noop("“%(plan)s” begins on %(day)s and %(number)s students are not ready.")


def choices_open(plan: PracticePlan) -> int:
    """Tell the students of a plan that they may choose; once."""
    people = Student.objects.filter(
        cohort__in=plan.cohorts.all(), status=Student.Status.ENROLLED, archived_at=None, person__isnull=False
    ).values_list("person", flat=True)
    day = plan.choose_until.isoformat() if plan.choose_until else ""
    key = f"practice_choose:{plan.pk}:{day}"
    return notices.send_to_people(
        list(people), key, CHOOSE, {"plan": plan.title, "day": day}, reverse("practice-choose")
    )


def remind_all(plan: PracticePlan, *, by: Actor) -> dict[str, int]:
    """Remind students, guardians, firms and the college of what lies with them, each once a day; how many of each were told."""
    told: Counter[str] = Counter()
    board = readiness.board(readiness.rows_of(plan))
    today, begins = timezone.localdate().isoformat(), plan.starts_on.isoformat()
    students: dict[str, list[int]] = defaultdict(list)
    guardians, firms = [], set()
    for line in board.lines:
        own = [item.label for item in line.missing if item.holder == "student"]
        if own and line.placement.student.person_id:
            students["、".join(dict.fromkeys(own))].append(line.placement.student.person_id)
        if any(item.holder == "guardian" for item in line.missing):
            guardians.append(line.placement)
        if any(item.holder == "firm" for item in line.missing):
            firms.add(line.placement.post.organisation)
    for items, people in students.items():
        params = {"plan": plan.title, "day": begins, "items": items}
        key = f"practice_lack:{plan.pk}:{today}"
        told["student"] += notices.send_to_people(people, key, LACK, params, reverse("my-practice"))
    told["guardian"] = consent_actions.ask_many(guardians, by=by) if guardians else 0
    told["firm"] = sum(send_firm_link(firm, by=by) for firm in sorted(firms, key=lambda item: item.pk))
    waiting = len(board.lines) - board.ready
    if waiting and plan.owner_id:
        params = {"plan": plan.title, "day": begins, "number": str(waiting)}
        url = reverse("practice-ready", args=[plan.pk])
        told["college"] = notices.send_to_people(
            [plan.owner_id], f"practice_board:{plan.pk}:{today}", COLLEGE, params, url
        )
    return dict(told)


def firm_contact(firm: Organisation) -> tuple[str, str, str] | None:
    """Who at a firm gets its link: name, channel, address; human resources first. None where nobody can be reached."""
    order = {"hr": 0, "signatory": 1}
    rows = sorted(firm.contacts.filter(archived_at=None), key=lambda row: (order.get(row.role, 2), row.pk))
    for row in rows:
        if row.email:
            return row.name, gateways.EMAIL, row.email
        if row.phone:
            return row.name, gateways.SMS, row.phone
    return None


def firm_link(firm: Organisation, *, by: Actor, name: str, days: int = FIRM_DAYS) -> str:
    """The firm's inbox of practice: students to accept, posts to offer. Links sent before stay good."""
    return links.issue(FIRM, firm, name=name[:80], by=by, days=days, replace=False)


def send_firm_link(firm: Organisation, *, by: Actor) -> int:
    """Send a firm its link, once a day; 0 where nobody at the firm can be reached."""
    contact = firm_contact(firm)
    sent = links.sent_today(links.of_record(firm, FIRM)).exclude(data__has_key="from")
    if contact is None or sent.exists():
        return 0
    name, channel, address = contact
    _send_firm(firm, channel, address, name, firm_link(firm, by=by, name=name))
    return 1


def _send_firm(firm: Organisation, channel: str, address: str, name: str, url: str) -> None:
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("Internships: something waits for you")
        text = _("%(name)s, students and posts of %(firm)s wait for your word. No account is needed: %(link)s") % {
            "name": name,
            "firm": firm.name,
            "link": url,
        }
    gateways.send(channel, address, subject, text)


def share_firm_link(
    firm: Organisation, link: OutsideLink, *, by: Actor, name: str, email: str = "", phone: str = ""
) -> None:
    """Whoever at a firm has its link lets a colleague work beside them: a link of their own is sent, the first stays good.

    It lives no longer than the first, so that the college ends them together; who let in whom stands on the firm's record.
    Raises FlowError after a dozen in a day.
    """
    if not (email or phone):
        raise ValidationError(_("Name your colleague, with an e-mail address or a phone."), code="incomplete")
    with transaction.atomic():
        Organisation._base_manager.select_for_update(of=("self",)).get(pk=firm.pk)
        if links.sent_today(links.of_record(firm, FIRM)).filter(data__has_key="from").count() >= SHARED_A_DAY:
            raise FlowError(_("Enough colleagues were sent a link today. Please go on tomorrow."), code="often")
        given = {"name": name[:80], "by": by, "until": link.expires_at, "data": {"from": link.pk}}
        url = links.issue(FIRM, firm, replace=False, **given)
        channel = gateways.EMAIL if email else gateways.SMS
        events.log(firm, SHARED, by=by, data={"from": link.name, "to": name[:80], "channel": channel})
    _send_firm(firm, channel, email or phone, name, url)
