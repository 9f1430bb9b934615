"""Rules of bases that other records tell: a base is in use on a day."""

from __future__ import annotations

from datetime import date

from zhixing.bases.base import Base


def in_use_on(base: Base, day: date) -> bool:
    """Whether a base was, or by what is known will be, in use on a day; one closed since was in use before."""
    used = base.status in (Base.Status.IN_USE, Base.Status.CLOSED)
    began = base.starts_on is not None and base.starts_on <= day
    return used and began and (base.ends_on is None or day <= base.ends_on)
