"""Who calls the API: a signed-in person from the pages, or a program with a key."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer

from zhixing.kernel.models import ApiToken


def new_token() -> str:
    return f"zx_{secrets.token_urlsafe(32)}"


def digest(token: str) -> str:
    """What is kept of a key. It is long and random, so that a plain digest cannot be searched back."""
    return hashlib.sha256(token.encode()).hexdigest()


class Bearer(HttpBearer):
    """`Authorization: Bearer zx_…`: acts as the key's account."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        found = (
            ApiToken.objects.filter(digest=digest(token), revoked_at=None, user__is_active=True)
            .select_related("user__person")
            .first()
        )
        if found is not None:
            request.user = found.user
        return found


class Session(APIKeyCookie):
    """The browser's session; whatever writes needs the page's CSRF token too."""

    param_name = settings.SESSION_COOKIE_NAME

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        return request.user if request.user.is_authenticated else None
