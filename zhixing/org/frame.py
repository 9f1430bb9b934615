"""What the college itself puts into the frame of every page: its name, today's term and week, the reader's role."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from zhixing.org.calendar import academic_year, week_of_term
from zhixing.org.models import Role, School

# The order in which somebody with several hats is addressed.
_RANK = [role.value for role in Role]


def calendar_text() -> str:
    today = timezone.localdate()
    year = academic_year(today)
    found = week_of_term(today)
    if found is None:
        return _("%(year)s academic year") % {"year": year.code}
    return _("%(year)s academic year · term %(term)s · week %(week)s") % {
        "year": year.code,
        "term": found[0].number,
        "week": found[1],
    }


def frame(request: HttpRequest) -> dict[str, Any]:
    # The name and the week change at most daily: two queries an hour and language, not two a page.
    key = f"frame:{timezone.localdate()}:{get_language()}"
    shared = cache.get(key)
    if shared is None:
        school = School.objects.order_by("pk").first()
        name = "" if school is None else (school.name_en or school.name) if get_language() == "en" else school.name
        shared = {"school_name": name, "calendar_text": calendar_text()}
        cache.set(key, shared, 3600)
    actor = getattr(request, "actor", None)
    roles = sorted(actor.roles, key=_RANK.index) if actor and request.user.is_authenticated else []
    return {**shared, "role_label": str(Role(roles[0]).label) if roles else ""}
