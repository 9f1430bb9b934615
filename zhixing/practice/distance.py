"""How far apart two places are, the one formula of practice: a straight line over rounded points, in kilometres."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from zhixing.practice.posts import Post

_EARTH = 6371.0088


def between(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Kilometres between two points (longitude, latitude in degrees) by the haversine formula; after Sinnott 1984."""
    east, north = radians(second[0] - first[0]), radians(second[1] - first[1])
    half = sin(north / 2) ** 2 + cos(radians(first[1])) * cos(radians(second[1])) * sin(east / 2) ** 2
    return 2 * _EARTH * asin(sqrt(half))


def from_school(post: Post) -> int | None:
    """Whole kilometres from the school's point in the settings; None where either point is unknown."""
    school = settings.ZHIXING.get("school_point")
    if not school or post.longitude is None or post.latitude is None:
        return None
    return round(between(school, (float(post.longitude), float(post.latitude))))
