"""The rotating code at a workplace (轮换码): six digits on the firm's screen that only those who are there can read.

The code follows from the post and the time with a key of this installation; nothing is stored, and nothing on a phone
can work it out beforehand.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

WINDOW = timedelta(minutes=10)
# A phone's clock may be somewhat off.
_EITHER_SIDE = 1
# Whoever guesses is not listened to any more that day.
TRIES_A_DAY = 12


def _number(moment: datetime) -> int:
    return int(moment.timestamp() // WINDOW.total_seconds())


def code_at(post_id: int, moment: datetime) -> str:
    """The six digits that the workplace of a post shows at a moment."""
    return _code(post_id, _number(moment))


def _code(post_id: int, window: int) -> str:
    secret = settings.ZHIXING["field_key"]
    digest = salted_hmac(
        "zhixing.practice.workplace", f"{post_id}:{window}", secret=secret, algorithm="sha256"
    ).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 10**6:06d}"


def seconds_left(moment: datetime) -> int:
    """How long the code of a moment is still shown."""
    span = int(WINDOW.total_seconds())
    return span - int(moment.timestamp()) % span


def fits(post_id: int, typed: str, written_at: datetime, placement_id: int = 0, since: date = date.min) -> bool:
    """Whether the digits were those of the post when they were written down, on `since` at the earliest.

    A week written without a network arrives later, with a code of its day. `placement_id` counts wrong tries: after a dozen in a day nothing fits any more.
    """
    digits = "".join(character for character in typed if character.isdigit())
    if len(digits) != 6:
        return False
    now = timezone.now()
    if written_at > now + WINDOW or timezone.localtime(written_at).date() < since:
        return False
    key = f"workplace-code:{placement_id}:{timezone.localdate()}"
    if cache.get(key, 0) >= TRIES_A_DAY:
        return False
    at = _number(written_at)
    windows = range(at - _EITHER_SIDE, at + _EITHER_SIDE + 1)
    # Every window is compared, so that the answer takes the same time whichever it was.
    found = sum(constant_time_compare(_code(post_id, window), digits) for window in windows) > 0
    if not found:
        cache.add(key, 0, 86_400)
        cache.incr(key)
    return found
