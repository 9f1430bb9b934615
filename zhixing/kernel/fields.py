"""Field types that carry a rule of the field: encrypted personal data, checked codes, money in yuan."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from zhixing.intake.cleaning import CellFault
from zhixing.intake.identifiers import clean_uscc


@lru_cache(maxsize=2)
def _fernet(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()))


def field_cipher() -> Fernet:
    """What encrypts personal data at rest, with the installation's key."""
    return _fernet(settings.ZHIXING["field_key"])


def blind_index(value: str) -> str:
    """A keyed digest that finds an encrypted value again without revealing it."""
    return hmac.new(settings.ZHIXING["field_key"].encode(), value.encode(), hashlib.sha256).hexdigest()


def mask(value: str) -> str:
    """Show enough to recognise, not enough to use: `460106********1013`, `138****5678`, `张*`."""
    if len(value) >= 15:
        return value[:6] + "*" * (len(value) - 10) + value[-4:]
    if len(value) >= 7:
        return value[:3] + "*" * (len(value) - 7) + value[-4:]
    return value[:1] + "*" * max(len(value) - 1, 1) if value else ""


class EncryptedTextField(models.TextField):
    """Personal data at rest: encrypted with the installation's key, masked on every screen, revealed only with a logged purpose."""

    masked = True

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return field_cipher().encrypt(value.encode()).decode() if value else value

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        if not value:
            return value
        try:
            return field_cipher().decrypt(value.encode()).decode()
        except InvalidToken:
            # Another installation's key: say so where it is read rather than show cipher text as if it were a number.
            return str(_("(cannot be read with this installation's key)"))


def validate_uscc(value: str) -> None:
    """统一社会信用代码, GB 32100-2015, read as a register's is: those of rural collectives begin with N."""
    try:
        read = clean_uscc(value).value
    except CellFault:
        read = None
    if read != value:
        raise ValidationError(
            _(
                "“%(value)s” is not a valid unified social credit code: 18 characters without I, O, S, V, Z, with a correct check character."
            ),
            code="uscc",
            params={"value": value},
        )


class UsccField(models.CharField):
    """A unified social credit code; empty is stored as NULL so that it may be unknown for many and unique for the rest."""

    kind = "uscc"

    def __init__(self, *args: Any, **kwargs: Any):
        kwargs.setdefault("max_length", 18)
        kwargs.setdefault("null", True)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)
        self.validators = [*self.validators, validate_uscc]

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(value) or None

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return value.strip().upper() or None if isinstance(value, str) else value


class MoneyField(models.DecimalField):
    """An amount in yuan, never negative; the database holds the same rule."""

    kind = "money"

    def __init__(self, *args: Any, **kwargs: Any):
        kwargs.setdefault("max_digits", 16)
        kwargs.setdefault("decimal_places", 2)
        super().__init__(*args, **kwargs)
