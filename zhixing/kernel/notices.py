"""Notices: one message to one person about one thing, once; in the inbox, and by mail where the person has an address.

How often a mail leaves is a choice. A notice is claimed (`mailed_at`) and committed *before* its mail is handed to the
server, so each mail is attempted at most once: a worker killed in that instant costs one mail, while the notice itself
stays in the inbox. The other order would send twice, and a reminder that comes twice is soon not read at all. All
notices whose turn had not come when a worker died or the server was unreachable are still unclaimed and leave with the
retry.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage, get_connection
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from zhixing.kernel.models import Notice

logger = logging.getLogger(__name__)

_INSERT = """
INSERT INTO kernel_notice (user_id, key, text, params, url, created_at)
SELECT recipient, %(key)s, %(text)s, %(params)s::jsonb, %(url)s, %(now)s FROM unnest(%(users)s::bigint[]) AS recipient
ON CONFLICT ON CONSTRAINT notice_once DO NOTHING
RETURNING id
"""


def send(
    users: Iterable[int], key: str, text: str, params: Mapping[str, Any] | None = None, url: str = "", mail: bool = True
) -> int:
    """Put a notice into the inbox of each user (ids) who has none of this `key` yet; returns how many are new.

    `text` is a message id (mark it with `gettext_noop`) with named placeholders for `params`, so that everybody reads
    it in their own language. The notice, and the job that mails it, exist exactly if the caller's transaction commits.
    """
    from zhixing.kernel import jobs

    data = json.loads(json.dumps(dict(params or {}), cls=DjangoJSONEncoder))
    if data:
        text % data  # A placeholder without its value must fail here, not on every page of the recipient.
    recipients = sorted({user for user in users if user})
    if not recipients:
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            {
                "key": key,
                "text": text,
                "params": json.dumps(data, ensure_ascii=False),
                "url": url,
                "now": timezone.now(),
                "users": recipients,
            },
        )
        new = [row[0] for row in cursor.fetchall()]
        if new and mail:
            jobs.defer(jobs.mail_notices, notices=new)
    return len(new)


def send_to_people(
    people: Iterable[int],
    key: str,
    text: str,
    params: Mapping[str, Any] | None = None,
    url: str = "",
    mail: bool = True,
) -> int:
    """`send` to persons (ids of `org.person`); those without an active account get nothing."""
    users = get_user_model()._default_manager.filter(person_id__in=list(people), is_active=True)
    return send(users.order_by().values_list("pk", flat=True), key, text, params, url, mail)


def deliver(notices: Iterable[int]) -> int:
    """Mail these notices (ids), each at most once; returns how many left.

    Raises what the mail server raised when it is away: notices not yet attempted stay unclaimed for the retry.
    """
    users = get_user_model()
    waiting = list(
        Notice.objects.filter(pk__in=list(notices), mailed_at=None).order_by("pk").values_list("pk", "user_id")
    )
    addresses = {}
    for user in users._default_manager.filter(pk__in={owner for _pk, owner in waiting}, is_active=True).select_related(
        "person"
    ):
        addresses[user.pk] = user.email or (user.person.email if user.person else "")
    addressed = [(pk, addresses[owner]) for pk, owner in waiting if addresses.get(owner)]
    if not addressed:
        return 0
    sent = 0
    with get_connection() as server, translation.override(settings.LANGUAGE_CODE):
        for pk, address in addressed:
            notice = _claim(pk)
            if notice is None:
                continue
            try:
                sent += _message(notice, address, server).send()
            except (SMTPRecipientsRefused, SMTPDataError):
                # This one address or text was refused for good; the others still leave.
                logger.exception("the mail server refused the mail of notice %s", pk)
    return sent


def _claim(pk: int) -> Notice | None:
    """Take a notice for mailing; None when another worker has it. Committed at once: see the module's words on why."""
    statement = f"UPDATE {Notice._meta.db_table} SET mailed_at = %s WHERE id = %s AND mailed_at IS NULL RETURNING *"
    return next(iter(Notice.objects.raw(statement, [timezone.now(), pk])), None)


def _message(notice: Notice, address: str, server: Any) -> EmailMessage:
    lines = [notice.message]
    if notice.url:
        lines += ["", settings.ZHIXING["base_url"].rstrip("/") + notice.url]
    lines += ["", _("This mail was sent by Zhixing. All your notices are in your inbox there.")]
    # A subject is one line; the whole text is in the body.
    subject = " ".join(notice.message.split())[:78]
    return EmailMessage(subject, "\n".join(lines), to=[address], connection=server)
