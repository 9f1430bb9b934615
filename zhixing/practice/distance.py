"""How far a post is from the school, in whole kilometres of a straight line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from zhixing.org.distance import between

if TYPE_CHECKING:
    from zhixing.practice.posts import Post


def from_school(post: Post) -> int | None:
    """Whole kilometres from the school's point in the settings; None where either point is unknown."""
    school = settings.ZHIXING.get("school_point")
    if not school or post.longitude is None or post.latitude is None:
        return None
    return round(between(school, (float(post.longitude), float(post.latitude))))
