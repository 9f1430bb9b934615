"""Ages, counted by the database in the college's own time zone."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Func, IntegerField


class DaysSince(Func):
    """Days from a date to today; negative for a date to come, NULL where there is none."""

    template = "((now() AT TIME ZONE '%(zone)s')::date - %(expressions)s)"
    output_field = IntegerField()

    def __init__(self, expression: str):
        super().__init__(expression, zone=settings.TIME_ZONE)
