"""Numbers of this domain that a college may set in `ZHIXING`, with the values that hold where it does not."""

from __future__ import annotations

from django.conf import settings

# How alike two names must be (0 to 1) before somebody is asked whether they are one organisation.
SIMILARITY = 0.5
# Days that a cooperation may stay in a stage before it counts as stale (五（一）洽谈—实施—监管—跟踪).
STAGE_DAYS = {"negotiate": 90, "implement": 180, "supervise": 180, "follow": 365}
# Days after which an active partner without any contact is worth a call.
QUIET_DAYS = 365
# Days after which a demand survey no longer speaks for the region.
SURVEY_DAYS = 365


def similarity() -> float:
    return float(settings.ZHIXING.get("similarity", SIMILARITY))  # type: ignore[arg-type]


def stage_days() -> dict[str, int]:
    return {**STAGE_DAYS, **settings.ZHIXING.get("stage_days", {})}  # type: ignore[dict-item]


def quiet_days() -> int:
    return int(settings.ZHIXING.get("quiet_days", QUIET_DAYS))  # type: ignore[call-overload]


def survey_days() -> int:
    return int(settings.ZHIXING.get("survey_days", SURVEY_DAYS))  # type: ignore[call-overload]
