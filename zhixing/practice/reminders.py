"""Who is told what before a practice begins: choices open, and once a day whoever still has something to do."""

from __future__ import annotations

from collections import Counter, defaultdict

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from zhixing.kernel import gateways, links, notices
from zhixing.kernel.scope import Actor
from zhixing.org.models import Student
from zhixing.partners.models import Organisation
from zhixing.practice import consent_actions, readiness
from zhixing.practice.plans import PracticePlan

FIRM = "practice.firm"
FIRM_DAYS = 60
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
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    if contact is None or links.of_record(firm, FIRM).filter(created_at__gte=midnight).exists():
        return 0
    name, channel, address = contact
    url = firm_link(firm, by=by, name=name)
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("Internships: something waits for you")
        text = _("%(name)s, students and posts of %(firm)s wait for your word. No account is needed: %(link)s") % {
            "name": name,
            "firm": firm.name,
            "link": url,
        }
    gateways.send(channel, address, subject, text)
    return 1
