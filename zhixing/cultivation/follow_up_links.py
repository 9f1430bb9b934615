"""回访: what falls due after three and six months is told once to who leads the class, and asked once of the firm by link (D-30)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, IntegerField, Q, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext, override

from zhixing.cultivation import actions, queries
from zhixing.cultivation.models import FollowUp, Hire, OrderClass
from zhixing.governance.queries import Heads
from zhixing.kernel import events, gateways, links, notices
from zhixing.kernel.models import Event, OutsideLink
from zhixing.kernel.scope import SYSTEM, type_key
from zhixing.kernel.sheet import sheet_for
from zhixing.partners.models import Contact, Organisation

FOLLOW_UP = "cultivation.follow_up"
TOLD = "follow_up_due"
DAYS = 30
DUE = gettext_noop("%(class)s: %(number)s follow-ups after %(month)s months are due: %(names)s.")


def register() -> None:
    """Make the page behind the link known."""
    links.register(FOLLOW_UP, page)


def remind(on: date) -> int:
    """Tell who leads a class, and ask its firms, about each follow-up that is due on `on`; returns how many are new.

    Each is told once, whatever becomes of it: the event on the hire says so. Safe to repeat.
    """
    groups: dict[tuple[int, int], list[Hire]] = defaultdict(list)
    for hire, month, _due in queries.follow_ups_due(on):
        groups[hire.order_class_id, month].append(hire)
    heads, told = Heads(on), 0
    for (key, month), hires in groups.items():
        with transaction.atomic():
            # Two runs at the same moment follow one another.
            order_class = OrderClass._base_manager.select_for_update(of=("self",)).get(pk=key)
            known = _told(hires, month)
            new = [hire for hire in hires if hire.pk not in known]
            if not new:
                continue
            _tell(order_class, month, new, heads)
            _ask_firms(order_class, month, new, on)
            events.log_many(new, TOLD, by=SYSTEM, data={"month": month})
            told += len(new)
    return told


def _told(hires: list[Hire], month: int) -> set[int]:
    rows = Event.objects.filter(record_type=type_key(Hire), record_id__in=[hire.pk for hire in hires], verb=TOLD)
    return set(rows.filter(data__month=month).values_list("record_id", flat=True))


def _tell(order_class: OrderClass, month: int, hires: list[Hire], heads: Heads) -> None:
    major = order_class.major
    owner = order_class.owner_id or major.leader_id
    sheet = sheet_for(Hire)
    names = [hire.student.name for hire in hires]
    notices.send_to_people(
        [owner] if owner else heads.of(major.unit_id),
        f"follow_up:{month}:{min(hire.pk for hire in hires)}",
        DUE,
        {
            "class": order_class.name,
            "number": len(hires),
            "month": month,
            "names": "、".join(names[:6]) + ("…" if len(names) > 6 else ""),
        },
        f"{sheet.url('list')}?order_class={order_class.pk}" if sheet else "",
    )


def contact_of(firm: Organisation, on: date) -> Contact | None:
    """Whom of a firm to ask by mail about people it hired: who sees to its people, else who signs for it, else anybody."""
    order = Case(
        When(role=Contact.Role.HR, then=Value(0)),
        When(role=Contact.Role.SIGNATORY, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    rows = firm.contacts.filter(Q(ends_on=None) | Q(ends_on__gte=on), archived_at=None).exclude(email="")
    return rows.order_by(order, "pk").first()


def _ask_firms(order_class: OrderClass, month: int, hires: list[Hire], on: date) -> None:
    by_firm: dict[Organisation, list[Hire]] = defaultdict(list)
    for hire in hires:
        by_firm[hire.organisation].append(hire)
    for firm, own in by_firm.items():
        contact = contact_of(firm, on)
        if contact is not None:
            link = ask(order_class, firm, month, own, name=contact.name)
            _mail(contact, order_class, link, len(own))


def ask(order_class: OrderClass, firm: Organisation, month: int, hires: list[Hire], *, name: str) -> str:
    """A link on which a firm says how the people it hired from a class are; returns its address."""
    data = {"organisation": firm.pk, "month": month, "hires": sorted(hire.pk for hire in hires)}
    return links.issue(FOLLOW_UP, order_class, name=name, by=SYSTEM, days=DAYS, data=data)


def _mail(contact: Contact, order_class: OrderClass, link: str, number: int) -> None:
    with override(settings.LANGUAGE_CODE):
        subject = ngettext(
            "How is the graduate of “%(class)s” whom you hired?",
            "How are the %(number)s graduates of “%(class)s” whom you hired?",
            number,
        ) % {"class": order_class.name, "number": number}
        text = _("Dear %(name)s,\n\n%(subject)s:\n%(link)s\n\nThe link is meant for you alone.")
        gateways.send(
            gateways.EMAIL, contact.email, subject, text % {"name": contact.name, "subject": subject, "link": link}
        )


def page(request: HttpRequest, link: OutsideLink, order_class: OrderClass) -> HttpResponse:
    """What the firm says of each whom it hired: still there, fit for the post, how satisfied it is; sent together."""
    month = int(link.data["month"])
    made = FollowUp.objects.filter(month=month, archived_at=None).values("hire")
    rows = order_class.hires.filter(pk__in=link.data["hires"], archived_at=None).exclude(pk__in=made)
    waiting = list(rows.select_related("student", "order_class").order_by("student__number"))
    cards, fault = [_card(request, hire) for hire in waiting], ""
    if request.method == "POST":
        try:
            if not cards:
                raise ValidationError(_("There is nothing to answer any more."), code="nothing")
            if {str(hire.pk) for hire in waiting} != set(request.POST.getlist("hire")):
                raise ValidationError(_("What is to be answered has changed meanwhile. Look through it again."))
            with links.consume(link):
                for card in cards:
                    _record(card, month, link)
            text = _("Thank you: your answers about %(number)s people are with the college.") % {"number": len(cards)}
            return render(request, "kernel/outside_done.html", {"done_text": text})
        except ValidationError as refused:
            fault = "；".join(refused.messages)
    context = {
        "link": link,
        "order_class": order_class,
        "month": month,
        "cards": cards,
        "marks": range(1, 6),
        "fault": fault,
    }
    return render(request, "cultivation/outside_follow_up.html", context, status=422 if fault else 200)


def _card(request: HttpRequest, hire: Hire) -> dict[str, Any]:
    def mark(name: str) -> int | None:
        posted = request.POST.get(f"{name}-{hire.pk}", "")
        return int(posted) if posted in {"1", "2", "3", "4", "5"} else None

    return {
        "hire": hire,
        "there": request.POST.get(f"there-{hire.pk}", ""),
        "fit": mark("fit"),
        "satisfaction": mark("satisfaction"),
        "note": request.POST.get(f"note-{hire.pk}", "").strip()[:2000],
    }


def _record(card: dict[str, Any], month: int, link: OutsideLink) -> None:
    name = card["hire"].student.name
    if card["there"] not in ("yes", "no"):
        raise ValidationError(_("Say of %(name)s whether they are still with you.") % {"name": name})
    there = card["there"] == "yes"
    if there and not (card["fit"] and card["satisfaction"]):
        raise ValidationError(_("Give %(name)s a mark for the post, and say how satisfied you are.") % {"name": name})
    actions.follow_up(
        card["hire"],
        by=links.actor_of(link),
        month=month,
        done_on=timezone.localdate(),
        still_there=there,
        fit=card["fit"] if there else None,
        satisfaction=card["satisfaction"] if there else None,
        note=card["note"],
    )
