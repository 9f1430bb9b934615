"""Who of the college could meet a need: its majors and teachers, ranked, each with the reasons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from zhixing.org.models import Division, Major, NationalMajor, Teacher, Unit
from zhixing.partners.industries import majors_for
from zhixing.partners.models import Activity, IndustryLink, Need

# What each reason weighs. A major that the partner named itself comes first whatever else speaks for another.
NAMED, WORDS, INDUSTRY, TIES, KEEPER = 1.0, 0.5, 0.3, 0.15, 0.1
# A campus in the partner's own city or county, or else in its province; a major group at home in the partner's city.
NEAR, PROVINCE, AT_HOME = 0.12, 0.04, 0.06
# A teacher's load: each open piece of work, up to six, counts against; a senior title for a need of technique.
LOAD, SENIOR = 0.05, 0.1
# Pairs of characters that stand in so many names and requests that they tell nothing.
_EMPTY = frozenset("技术 应用 管理 工程 设计 服务 专业 人才 培训 需求 与应 术与 理与 人员 岗位 方向".split())


@dataclass(frozen=True)
class Match:
    """A major or a teacher, how well it fits, and why in words."""

    record: Any
    score: float
    reasons: tuple[str, ...]


def bigrams(*texts: str) -> frozenset[str]:
    """The pairs of neighbouring characters in which two Chinese texts may agree without being cut into words."""
    pairs = set()
    for text in texts:
        letters = "".join(c if c.isalnum() else " " for c in text.lower())
        pairs |= {letters[i : i + 2] for i in range(len(letters) - 1) if " " not in letters[i : i + 2]}
    return frozenset(pairs) - _EMPTY


def _matched_words(name: str, shared: frozenset[str]) -> str:
    """The runs of `name` that the shared pairs cover: 软件技术 with {软件} gives “软件”."""
    covered = [any(name[max(j, 0) : j + 2].lower() in shared for j in (i - 1, i)) for i in range(len(name))]
    runs = "".join(letter if on else " " for letter, on in zip(name, covered, strict=True)).split()
    return "、".join(f"“{run}”" for run in runs)


def matches(need: Need, limit: int = 5) -> tuple[list[Match], list[Match]]:
    """The majors and the teachers that could meet a need, each list ranked and no longer than `limit`.

    Majors: named by the partner; words of the request in the name of the major or of its national entry; the partner's
    industry (GB/T 4754) beside the major's division in the national catalogue; earlier ties of its major group; the
    college that keeps the partner; the partner's place (GB/T 2260) beside that of the campus and of the major group's
    other partners. Teachers: of those majors, the less loaded first. Seven queries, whatever the size.
    """
    today = timezone.localdate()
    majors = list(
        Major.objects.filter(archived_at=None, starts_on__lte=today)
        .filter(Q(ends_on=None) | Q(ends_on__gte=today))
        .select_related("unit__region", "unit__parent__region", "unit__parent__parent__region", "group")
        .order_by("pk")
    )
    national = NationalMajor.objects.in_bulk([major.code for major in majors])
    named = set(need.majors.values_list("pk", flat=True))
    tied, at_home = _tied_groups(need)
    wanted = bigrams(need.title, need.detail)
    organisation = need.organisation
    place = organisation.region_id or ""
    served = majors_for(organisation.industry_id)
    ranked: list[Match] = []
    for major in majors:
        score, reasons = 0.0, []
        if major.pk in named:
            score += NAMED
            reasons.append(_("named in the need"))
        entry = national.get(major.code)
        own = bigrams(major.name, entry.name if entry else "")
        shared = own & wanted
        if shared:
            score += WORDS * len(shared) / len(own)
            words = _matched_words(major.name, shared) or _matched_words(entry.name if entry else "", shared)
            reasons.append(_("the request speaks of %(words)s") % {"words": words})
        if entry and entry.division in served:
            score += INDUSTRY
            reasons.append(_("%(division)s serves the partner's industry") % {"division": entry.division})
        if score and major.group_id in tied:
            score += TIES
            reasons.append(_("its major group already works with this partner"))
        if score and organisation.keeper_id == major.unit_id:
            score += KEEPER
            reasons.append(_("its college keeps this partner"))
        campus = _campus(major.unit)
        if score and place and campus is not None and city(campus.code) == city(place):
            score += NEAR
            reasons.append(_("its campus is in %(place)s too") % {"place": campus.name})
        elif score and place and campus is not None and campus.code[:2] == place[:2]:
            score += PROVINCE
            reasons.append(_("its campus, in %(place)s, is in the same province") % {"place": campus.name})
        if score and major.group_id in at_home and major.group_id not in tied:
            score += AT_HOME
            reasons.append(_("its major group has partners in %(place)s") % {"place": organisation.region})
        if score:
            ranked.append(Match(major, round(score, 3), tuple(reasons)))
    ranked.sort(key=lambda match: (-match.score, match.record.pk))
    return ranked[:limit], _teachers(need, ranked, limit)


def city(code: str) -> str:
    """The city that a division of GB/T 2260 belongs to; a county that its province governs itself (省直辖县级) is its own."""
    return code if code[2:4] == "90" else code[:4]


def _campus(unit: Unit) -> Division | None:
    """Where a unit's campus is: its own place, or that of the nearest unit above it that has one."""
    above = unit.parent
    for found in (unit, above, above.parent if above else None):
        if found is not None and found.region is not None:
            return found.region
    return None


def _tied_groups(need: Need) -> tuple[set[int], set[int]]:
    """The major groups that work with the need's partner already, and those that work with others in its city."""
    place = need.organisation.region_id or ""
    near = Q(organisation__region__code__startswith=city(place)) if place else Q()
    links = IndustryLink.objects.filter(archived_at=None)
    activities = Activity.objects.filter(archived_at=None, status="held")
    partner = need.organisation_id
    found = links.filter(organisation=partner).values_list("group_id", flat=True)
    tied = found.union(activities.filter(organisations=partner).values_list("group_id", flat=True))
    home = links.filter(near, status="approved").values_list("group_id", flat=True) if place else ()
    return {pk for pk in tied if pk}, set(home)


def _teachers(need: Need, majors: Iterable[Match], limit: int) -> list[Match]:
    fit = {match.record.pk: match for match in majors}
    today = timezone.localdate()
    # `tasks` are kept by the domain above; the relation from a person is all that is asked of it here.
    rows = (
        Teacher.objects.filter(major__in=fit, archived_at=None, starts_on__lte=today)
        .filter(Q(ends_on=None) | Q(ends_on__gte=today))
        .select_related("person", "major", "unit")
        .annotate(
            tasks_open=Count("person__tasks", filter=Q(person__tasks__status="open"), distinct=True),
            needs_open=Count("person__claimed_needs", filter=Q(person__claimed_needs__status="claimed"), distinct=True),
        )
        .order_by("pk")
    )
    ranked = []
    for teacher in rows:
        match = fit[teacher.major_id]  # type: ignore[index]
        load = teacher.tasks_open + teacher.needs_open
        score = match.score - LOAD * min(load, 6)
        reasons = [_("teaches %(major)s") % {"major": match.record.name}]
        if need.kind == Need.Kind.TECHNIQUE and teacher.title in {Teacher.Title.ASSOCIATE, Teacher.Title.PROFESSOR}:
            score += SENIOR
            reasons.append(teacher.get_title_display())
        reasons.append(_("%(count)s open tasks and needs") % {"count": load} if load else _("no open tasks or needs"))
        ranked.append(Match(teacher, round(score, 3), tuple(reasons)))
    ranked.sort(key=lambda item: (-item.score, item.record.pk))
    return ranked[:limit]
