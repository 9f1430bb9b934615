"""Daily: who keeps an agreement is told before its last day, and of missing scans; what has run out is closed."""

from __future__ import annotations

import logging
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from zhixing.agreements import chains, queries, signed_paper, signing
from zhixing.agreements.models import AgreementDocument
from zhixing.governance.queries import Heads
from zhixing.kernel import notices, progress
from zhixing.kernel.jobs import defer
from zhixing.kernel.scope import SYSTEM
from zhixing.kernel.sheet import sheet_for

logger = logging.getLogger(__name__)
EXPIRING = gettext_noop("The agreement “%(title)s” ends on %(day)s, in %(left)s days. Renew it, or let it end.")
NO_SCAN = gettext_noop("“%(title)s” was signed on paper and its scan is missing. Scan the paper and upload it.")
OVER = gettext_noop("The agreement “%(title)s” ended on %(day)s and was not renewed.")


def remind_expiring(on: date) -> int:
    """Send the notices that agreements near their end have earned by `on`; returns how many are new.

    A day on which nothing ran is made up for with the nearest step only. An agreement without a keeper is the business
    of its unit's head. Once a renewal is signed nobody is reminded. Safe to repeat.
    """
    heads, sheet, sent = Heads(on), sheet_for("agreements.agreement"), 0
    for agreement in queries.expiring(on).select_related("owner", "kind"):
        left, steps = (agreement.ends_on - on).days, queries.notice_days(agreement)
        step = min(days for days in steps if left <= days)
        people = [agreement.owner_id] if agreement.owner_id else heads.of(agreement.unit_id)
        if step == min(steps) and agreement.owner_id:
            people = [agreement.owner_id, *heads.of(agreement.unit_id, agreement.owner_id)]
        params = {"title": agreement.title, "day": agreement.ends_on.isoformat(), "left": left}
        key = f"agreement_expiring:{agreement.pk}:{agreement.ends_on}:{step}"
        url = sheet.url("detail", agreement.pk) if sheet else ""
        sent += notices.send_to_people(people, key, EXPIRING, params, url)
    return sent


def ask_for_scans(on: date) -> int:
    """Every Monday's week ask the keepers for the scans of papers that were recorded without; returns how many notices are new.

    It goes on until the scan is there: the paper is the only evidence, and lies in somebody's drawer. Safe to repeat.
    """
    heads, sheet, sent = Heads(on), sheet_for("agreements.agreement"), 0
    year, week, _day = on.isocalendar()
    for agreement in queries.without_scan().select_related("owner").order_by("pk"):
        people = [agreement.owner_id] if agreement.owner_id else heads.of(agreement.unit_id)
        url = sheet.url("detail", agreement.pk) if sheet else ""
        key = f"agreement_scan:{agreement.pk}:{year}-{week}"
        sent += notices.send_to_people(people, key, NO_SCAN, {"title": agreement.title}, url)
    return sent


def close_run_out(on: date) -> int:
    """Close the agreements whose term is over: renewed or ended; returns how many. Safe to repeat."""
    heads, sheet, closed = Heads(on), sheet_for("agreements.agreement"), 0
    for agreement in queries.run_out(on):
        try:
            chains.end(agreement, by=SYSTEM)
        except ValidationError:
            logger.exception("agreement %s could not be closed", agreement.pk)
            continue
        closed += 1
        if agreement.status == agreement.Status.ENDED:
            people = [agreement.owner_id] if agreement.owner_id else heads.of(agreement.unit_id)
            params = {"title": agreement.title, "day": agreement.ends_on.isoformat()}
            url = sheet.url("detail", agreement.pk) if sheet else ""
            notices.send_to_people(people, f"agreement_over:{agreement.pk}:{agreement.ends_on}", OVER, params, url)
    return closed


@app.task(queue="default", retry=RetryStrategy(max_attempts=5, exponential_wait=5))
def seal_document(document: int) -> int | None:
    """Make the signed form of a final text that all have signed; returns its id."""
    made = signed_paper.make_signed(AgreementDocument.objects.get(pk=document))
    return made.pk if made else None


def seal_soon(document: AgreementDocument) -> None:
    """Have the signed form made once the caller's transaction commits: by a worker, or at once where none is alive."""
    if progress.worker_alive():
        defer(seal_document, document=document.pk)
    else:
        # What fails here is logged, and mended by the daily job; the signature itself is safe.
        transaction.on_commit(lambda: seal_document(document=document.pk), robust=True)


def seal_what_is_left() -> int:
    """Seal what a fault or a killed worker left; returns how many."""
    return sum(1 for document in signed_paper.unsealed() if signed_paper.make_signed(document))


# The queue's clock is UTC: a quarter past seven in the morning in China.
@app.periodic(cron="15 23 * * *")
@app.task(queue="default", queueing_lock="agreements_daily")
def agreements_daily(timestamp: int = 0) -> tuple[int, int]:
    """Every morning before work."""
    today = timezone.localdate()
    seal_what_is_left()
    signing.remind(today)
    ask_for_scans(today)
    return close_run_out(today), remind_expiring(today)
