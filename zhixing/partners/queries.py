"""Questions about partners that pages, forms and other domains ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhixing.partners import limits
from zhixing.partners.matching import Match, matches
from zhixing.partners.models import (
    Activity,
    DemandSurvey,
    GovernmentPolicy,
    IndustryLink,
    Need,
    Opportunity,
    Organisation,
    OrganisationName,
)
from zhixing.partners.names import NormalisedName, normalise_name

__all__ = ["Likeness", "Match", "lapsing", "matches", "old_surveys", "quiet", "similar", "stale_opportunities"]

# Below this PostgreSQL's own threshold the trigram index cannot help, so all names are compared.
_INDEXED_FROM = 0.3


@dataclass(frozen=True)
class Likeness:
    """An organisation that may be the one meant, how sure that is (0 to 1), and why."""

    organisation: Organisation
    score: float
    reason: str | Promise


def similar(name: str, uscc: str | None = None, exclude_pk: int | None = None, limit: int = 5) -> list[Likeness]:
    """Organisations that may be the same as one called `name`, the surest first.

    By unified social credit code, present or former; by the same name without company form and punctuation, present or
    former; by likeness of the letters above the college's limit. An organisation that was merged stands for its target.
    """
    found: dict[int, Likeness] = {}

    def note(organisation: Organisation, score: float, reason: str | Promise) -> None:
        kept = _living(organisation)
        if exclude_pk in {kept.pk, organisation.pk} or (kept.pk in found and found[kept.pk].score >= score):
            return
        found[kept.pk] = Likeness(kept, score, reason)

    rows = Organisation.objects.select_related("merged_into")
    code = (uscc or "").strip().upper()
    if code:
        for item in rows.filter(Q(uscc=code) | Q(names__uscc=code)).distinct().order_by("pk")[:limit]:
            note(item, 1.0, _("same unified social credit code"))
    plain = normalise_name(name)
    if plain:
        for item in rows.filter(normalised_name=plain).order_by("pk")[:limit]:
            note(item, 0.99, _("same name"))
        former = OrganisationName.objects.annotate(plain=NormalisedName("name")).filter(plain=plain)
        for item in rows.filter(pk__in=former.values("organisation")).order_by("pk")[:limit]:
            note(item, 0.98, _("the same as a former name"))
        alike = rows.filter(normalised_name__trigram_similar=plain) if limits.similarity() >= _INDEXED_FROM else rows
        alike = alike.annotate(likeness=TrigramSimilarity("normalised_name", plain)).filter(
            likeness__gte=limits.similarity()
        )
        for item in alike.order_by("-likeness", "pk")[:limit]:
            note(item, min(item.likeness, 0.97), _("a name much alike"))
    return sorted(found.values(), key=lambda item: (-item.score, item.organisation.pk))[:limit]


def _living(organisation: Organisation) -> Organisation:
    while organisation.merged_into is not None:
        organisation = organisation.merged_into
    return organisation


def lapsing(on: date | None = None, within_days: int = 30) -> QuerySet[GovernmentPolicy]:
    """Government policies with a deadline near or past and no decision yet, the most urgent first (R28)."""
    day = on or timezone.localdate()
    open_ones = GovernmentPolicy.objects.filter(archived_at=None, status=GovernmentPolicy.Status.OPEN)
    return open_ones.filter(deadline__lte=day + timedelta(days=within_days)).order_by("deadline", "pk")


def stale_opportunities(on: date | None = None) -> QuerySet[Opportunity]:
    """Opportunities that have stayed in their stage longer than the college allows, the longest first (五（一）)."""
    day = on or timezone.localdate()
    too_long = Q(pk=None)
    for stage, days in limits.stage_days().items():
        too_long |= Q(stage=stage, stage_since__lt=day - timedelta(days=days))
    return Opportunity.objects.filter(too_long, archived_at=None).order_by("stage_since", "pk")


def old_surveys(on: date | None = None) -> QuerySet[DemandSurvey]:
    """The newest demand survey of each unit and major group, where even that one has grown old (四（一）1)."""
    day = on or timezone.localdate()
    rows = DemandSurvey.objects.filter(archived_at=None, surveyed_on__lte=day)
    younger = rows.filter(unit=OuterRef("unit"), surveyed_on__gt=OuterRef("surveyed_on")).filter(
        Q(group=OuterRef("group")) | Q(group=None)
    )
    limit = day - timedelta(days=limits.survey_days())
    return rows.filter(surveyed_on__lt=limit).filter(~Exists(younger)).order_by("surveyed_on", "pk")


def quiet(on: date | None = None) -> QuerySet[Organisation]:
    """Active organisations with which nothing has happened for long: no activity held, no need, nothing running."""
    day = on or timezone.localdate()
    since = day - timedelta(days=limits.quiet_days())
    held = Activity.objects.filter(
        organisations=OuterRef("pk"), status="held", held_on__gt=since, held_on__lte=day, archived_at=None
    )
    asked = Need.objects.filter(organisation=OuterRef("pk"), raised_on__gt=since, archived_at=None)
    running = Opportunity.objects.filter(organisation=OuterRef("pk"), archived_at=None).exclude(stage="closed")
    linked = IndustryLink.objects.filter(organisation=OuterRef("pk"), status="approved", archived_at=None).filter(
        Q(ends_on=None) | Q(ends_on__gt=since)
    )
    active = Organisation.objects.filter(
        status=Organisation.Status.ACTIVE, archived_at=None, created_at__date__lte=since
    )
    return active.filter(~Exists(held), ~Exists(asked), ~Exists(running), ~Exists(linked)).order_by("name", "pk")
