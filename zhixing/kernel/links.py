"""Links for people without an account: a firm confirms, signs, ranks or fills in one thing, and sees nothing else.

A domain registers a purpose with the page behind it (`register`), issues links (`issue`) and, when the reader presses
the page's confirm button, does the work inside `consume`. Opening a link never uses it up. Of two who press at the same
moment one gets through. The token is 256 random bits; only its digest is stored, so a copy of the database opens nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import transaction
from django.db.models import F, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from zhixing.kernel import events
from zhixing.kernel.flow import FlowError
from zhixing.kernel.models import OutsideLink, Record
from zhixing.kernel.scope import Actor, type_key
from zhixing.kernel.sheet import sheet_for

Page = Callable[[HttpRequest, OutsideLink, Any], HttpResponse]

# How often one link may be opened, and one address may try links that do not exist, within the window of seconds.
WINDOW = 600
OPENINGS = 240
MISSES = 20

_pages: dict[str, Page] = {}


def register(purpose: str, page: Page) -> None:
    """Make `page(request, link, record)` what links of a purpose lead to; ValueError when the purpose is taken.

    The page is called for GET and POST while the link is alive; it draws on `base_outside.html` and, on POST, works
    inside `consume(link)`.
    """
    if _pages.get(purpose, page) is not page:
        raise ValueError(f"two pages for links of purpose {purpose}")
    _pages[purpose] = page


def digest_of(token: str) -> str:
    """What is kept of a token. It is long and random, so that a plain digest cannot be searched back."""
    return hashlib.sha256(token.encode()).hexdigest()


def issue(
    purpose: str,
    record: Record,
    *,
    name: str,
    by: Actor,
    days: int = 14,
    until: datetime | None = None,
    data: dict[str, Any] | None = None,
    replace: bool = True,
) -> str:
    """Make a link for somebody outside and return its full address; it is shown once and cannot be read back later.

    It is good for `days`, or up to the moment `until`. `data` narrows it and tells links to one record apart (`{"organisation": 7}`). With `replace`, earlier unused links
    of the same purpose, record and data stop working: whoever asks for a new link has lost the old one.
    """
    if purpose not in _pages:
        raise ValueError(f"no page for links of purpose {purpose}")
    token = secrets.token_urlsafe(32)
    narrowed = data or {}
    lives: dict[str, Any] = {"until": until.isoformat()} if until else {"days": days}
    with transaction.atomic():
        if replace:
            of_record(record, purpose).filter(data=narrowed, used_at=None, revoked_at=None).update(
                revoked_at=timezone.now()
            )
        OutsideLink.objects.create(
            purpose=purpose,
            record_type=type_key(record),
            record_id=record.pk,
            name=name,
            data=narrowed,
            digest=digest_of(token),
            issued_by_id=by.user_id,
            expires_at=until or timezone.now() + timedelta(days=days),
        )
        events.log(record, "link_issued", by=by, data={"purpose": purpose, "to": name, **lives})
    return settings.ZHIXING["base_url"].rstrip("/") + reverse("outside", args=[token])


def of_record(record: Model, purpose: str) -> QuerySet[OutsideLink]:
    """The links of one purpose to one record, the newest first."""
    return of_records(type(record), [record.pk], purpose)


def of_records(model: type[Model], keys: Iterable[int], purpose: str) -> QuerySet[OutsideLink]:
    """The links of one purpose to records (ids) of a type, the newest first."""
    rows = OutsideLink.objects.filter(purpose=purpose, record_type=type_key(model), record_id__in=list(keys))
    return rows.order_by("-created_at", "-pk")


def sent_today(links: QuerySet[OutsideLink]) -> QuerySet[OutsideLink]:
    """Those of these links that were issued today, by the college's clock."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return links.filter(created_at__gte=midnight)


def open(token: str) -> OutsideLink | None:
    """The link of a token, alive or not; None when there is none. Counts the opening, uses up nothing."""
    found = OutsideLink.objects.filter(digest=digest_of(token)).first()
    if found is not None:
        now = timezone.now()
        OutsideLink.objects.filter(pk=found.pk).update(opened_count=F("opened_count") + 1, opened_at=now)
        found.opened_count, found.opened_at = found.opened_count + 1, now
    return found


def why_closed(link: OutsideLink) -> str:
    """Why a link no longer leads anywhere: used, revoked or expired; empty while it does."""
    if link.used_at is not None:
        return "used"
    if link.revoked_at is not None:
        return "revoked"
    return "expired" if link.expires_at <= timezone.now() else ""


@contextmanager
def consume(link: OutsideLink) -> Iterator[OutsideLink]:
    """Use a link: what is done inside the block and the link's use are one transaction, or neither happened.

    Raises FlowError when somebody was quicker, or the link was revoked or ran out meanwhile.
    """
    with transaction.atomic():
        locked = OutsideLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
        closed = why_closed(locked)
        if closed:
            raise FlowError(_("This link can no longer be used: it was used, revoked or has run out."), code=closed)
        yield locked
        locked.used_at = timezone.now()
        locked.save(update_fields=["used_at"])
    link.used_at = locked.used_at


def revoke(links: QuerySet[OutsideLink]) -> int:
    """Stop links that nobody has used yet; returns how many."""
    return links.filter(used_at=None, revoked_at=None).update(revoked_at=timezone.now())


def actor_of(link: OutsideLink) -> Actor:
    """Who acts through a link: no account and no role, only the right to what the link's page does; named in events."""
    return Actor(name=link.name, is_system=True)


def _too_often(what: str, limit: int) -> bool:
    key = f"outside-link:{what}"
    cache.add(key, 0, WINDOW)
    try:
        return cache.incr(key) > limit
    except ValueError:  # The window ended between the two lines.
        return False


def _closed(request: HttpRequest, why: str, status: int, link: OutsideLink | None = None) -> HttpResponse:
    return render(request, "kernel/outside_closed.html", {"why": why, "link": link}, status=status)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def outside(request: HttpRequest, token: str) -> HttpResponse:
    """The door: finds the link, refuses what is closed or tried too often, and hands over to the purpose's own page."""
    response = _answer(request, token)
    # The address is the key: it must not stay in caches, search engines or another site's logs.
    response.headers["Cache-Control"] = "no-store, private"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _answer(request: HttpRequest, token: str) -> HttpResponse:
    # Counted by link, not by address: a whole firm, or a college's proxy, may stand behind one.
    if _too_often(f"open:{digest_of(token)}", OPENINGS):
        return _closed(request, "often", 429)
    link = open(token)
    page = _pages.get(link.purpose) if link else None
    if link is None or page is None:
        often = _too_often(f"miss:{request.META.get('REMOTE_ADDR', '')}", MISSES)
        return _closed(request, "often" if often else "unknown", 429 if often else 404)
    closed = why_closed(link)
    if closed:
        return _closed(request, closed, 410, link)
    sheet = sheet_for(link.record_type)
    record = sheet.model._base_manager.filter(pk=link.record_id, archived_at=None).first() if sheet else None
    if record is None:
        return _closed(request, "revoked", 410, link)
    return page(request, link, record)
