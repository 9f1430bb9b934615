"""How far apart two places are, the one formula of the house: a straight line over rounded points, in kilometres."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

_EARTH = 6371.0088


def between(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Kilometres between two points (longitude, latitude in degrees) by the haversine formula; after Sinnott 1984."""
    east, north = radians(second[0] - first[0]), radians(second[1] - first[1])
    half = sin(north / 2) ** 2 + cos(radians(first[1])) * cos(radians(second[1])) * sin(east / 2) ** 2
    return 2 * _EARTH * asin(sqrt(half))


def degrees(label: Any, most: int) -> models.DecimalField:
    """A longitude (`most` 180) or latitude (90). Three decimals are a hundred metres: enough to say how far, too little to
    follow anybody."""
    return models.DecimalField(
        label,
        max_digits=len(str(most)) + 3,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[MinValueValidator(-most), MaxValueValidator(most)],
    )
