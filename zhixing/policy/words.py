"""Texts kept in both languages of the screen: they read in the language of whoever reads them."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import get_language


class Words(dict[str, str]):
    """A text in Chinese and English; as a string it is the one the reader understands."""

    def __str__(self) -> str:
        language = "en" if (get_language() or "").startswith("en") else "zh-hans"
        return self.get(language) or self.get("zh-hans") or ""

    def __html__(self) -> str:
        from django.utils.html import escape

        return escape(str(self))


class WordsField(models.JSONField):
    """A column of `Words`."""

    def __init__(self, *args: Any, **kwargs: Any):
        kwargs.setdefault("default", dict)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Words:
        loaded = super().from_db_value(value, expression, connection)
        # A key looked up inside the column is a plain text.
        return Words(loaded) if isinstance(loaded, dict) else loaded
