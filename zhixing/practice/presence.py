"""Presence evidence (在岗证据): what a week's cheap signals add up to, and whom to look at.

Three witnesses speak: the student, the firm, the school. One witness may say a thing often, but only counts up to its
limit; and copies count less: a phone that speaks for five students is a fifth of a phone for each, words that were
handed in before are no words. So a script that copies location, device and texts stays low whatever it sends, for no
one else speaks for it. A score does nothing by itself: it only makes it likelier that somebody looks.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import Q

from zhixing.kernel.scope import SYSTEM
from zhixing.practice.bulk import step_many
from zhixing.practice.distance import between
from zhixing.practice.placements import Placement
from zhixing.practice.running import PresenceSignal, PresenceWeek, PresenceWeight, SignalKind, WeekEntry, Witness
from zhixing.practice.running_cases import Incident, Leave
from zhixing.practice.running_numbers import RunRule, in_force, number_on, numbers_on

# For how long the words of a plan are kept while somebody reads, in seconds; what came meanwhile is compared by the next reader.
_READING = 600


@dataclass(frozen=True)
class Weight:
    """What one signal of a kind counts, who speaks by it, and how much that witness can say at most in a week."""

    witness: str
    points: int
    most: int


@dataclass(frozen=True)
class Sign:
    """One signal of the week as it is weighed: `crowd` students share its phone, `copies` others (or earlier weeks) its words.

    `own` is what the student brought and nobody of the school has looked at: whatever it is, it is the student's word.
    """

    kind: str
    confirms: bool = True
    crowd: int = 1
    copies: int = 0
    own: bool = False


def score(signs: Iterable[Sign], weights: Mapping[str, Weight]) -> tuple[int, dict[str, float]]:
    """The evidence of a week, 0 to 100, and what each kind brought to it.

    What speaks against it is taken off its witness's sum. Kinds without a weight in force count nothing.
    """
    parts: dict[str, float] = defaultdict(float)
    said: dict[str, float] = defaultdict(float)
    limit: dict[str, int] = {}
    # What the student alone may say at most, whatever kind of thing says it.
    students = max((weight.most for weight in weights.values() if weight.witness == Witness.STUDENT), default=0)
    for sign in signs:
        weight = weights.get(sign.kind)
        if weight is None:
            continue
        share = 0.0 if sign.copies else 1 / max(sign.crowd, 1)
        points = (weight.points if sign.confirms else -weight.points) * share
        parts[sign.kind] += points
        witness, most = (Witness.STUDENT.value, students) if sign.own else (weight.witness, weight.most)
        said[witness] += points
        limit[witness] = max(limit.get(witness, 0), most)
    total = sum(min(points, limit[witness]) for witness, points in said.items())
    return round(min(max(total, 0), 100)), {kind: round(points, 1) for kind, points in parts.items()}


def digest_of_words(text: str, least: int) -> str:
    """What is compared of words to find copies: spaces, signs and widths do not make them other words.

    Empty for fewer than `least` characters: they tell nothing, and may well be the same twice.
    """
    plain = "".join(c for c in unicodedata.normalize("NFKC", text).lower() if c.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest() if len(plain) >= least else ""


def digest_of_device(device: str) -> str:
    """A phone's own random name, kept so that it says nothing elsewhere."""
    if not device:
        return ""
    return hmac.new(settings.ZHIXING["field_key"].encode(), device.encode(), hashlib.sha256).hexdigest()


def weights_on(day: date) -> dict[str, Weight]:
    """The weights in force on a day, by kind."""
    return {row.kind: Weight(row.witness, row.points, row.most) for row in in_force(PresenceWeight, day)}


# A week of the whole college ----------------------------------------------------------------------------------------


@dataclass
class _Week:
    """All that is known of a week, read with a fixed number of queries."""

    monday: date
    numbers: dict[str, Decimal]
    placements: dict[int, Placement]
    signs: dict[int, list[Sign]]
    excused: set[int]


def _near(row: PresenceSignal, placement: Placement, kilometres: Decimal) -> bool:
    """A location counts where the workplace's is known and close by."""
    post = placement.post
    if row.longitude is None or row.latitude is None or post.longitude is None or post.latitude is None:
        return False
    apart = between((float(row.longitude), float(row.latitude)), (float(post.longitude), float(post.latitude)))
    return apart <= kilometres


def _read(monday: date, placements: dict[int, Placement]) -> _Week:
    sunday = monday + timedelta(days=6)
    # As everywhere else: a week is counted by the numbers of its Monday.
    numbers = numbers_on(monday)
    least = int(numbers[RunRule.Code.LEAST_WORDS])
    # Copies are looked for in the whole college, not only among those who are counted.
    signals = list(PresenceSignal.objects.filter(day__range=(monday, sunday), archived_at=None))
    doubted = PresenceSignal.PaperState.DOUBTED
    holders: dict[str, set[int]] = defaultdict(set)
    words: Counter[str] = Counter()
    for row in signals:
        if row.device:
            holders[row.device].add(row.placement_id)
        if row.content:
            words[row.content] += 1
    # What was brought before is brought twice, whoever brought it; what the school doubted, whenever it was brought.
    known = Q(day__lt=monday) | Q(day__gt=sunday, paper_state=doubted)
    brought = PresenceSignal.objects.filter(known, content__in=list(words), archived_at=None)
    words.update(brought.values_list("content", flat=True))
    entries = WeekEntry.objects.filter(monday=monday, archived_at=None).values_list("placement", "text")
    own = {placement: digest_of_words(text, least) for placement, text in entries}
    words.update(digest for digest in own.values() if digest)
    earlier = _earlier(monday, numbers, placements, own)
    signs: dict[int, list[Sign]] = defaultdict(list)
    for row in signals:
        placement = placements.get(row.placement_id)
        if placement is None or row.paper_state == doubted:
            continue
        if row.kind == SignalKind.PLACE and not _near(row, placement, numbers[RunRule.Code.NEAR_KM]):
            continue
        copies = words[row.content] - 1 if row.content else 0
        crowd = len(holders.get(row.device, ())) or 1
        own_word = row.paper_state == PresenceSignal.PaperState.WAITING
        signs[row.placement_id].append(Sign(row.kind, row.confirms, crowd, copies, own_word))
    for pk, digest in own.items():
        if pk in placements and digest:
            signs[pk].append(Sign(SignalKind.WORK, copies=words[digest] - 1 + (pk in earlier)))
    away = Leave.objects.filter(status="granted", archived_at=None, starts_on__lte=monday + timedelta(days=4))
    excused = {
        leave.placement_id
        for leave in away.filter(ends_on__gte=monday).only("placement", "starts_on", "ends_on")
        if (min(leave.ends_on, monday + timedelta(days=4)) - max(leave.starts_on, monday)).days + 1
        >= numbers[RunRule.Code.AWAY_DAYS]
    }
    return _Week(monday, numbers, placements, signs, excused)


def _memory(numbers: Mapping[str, Decimal]) -> timedelta:
    return timedelta(weeks=int(numbers[RunRule.Code.MEMORY_WEEKS]))


def _earlier(
    monday: date, numbers: Mapping[str, Decimal], placements: Iterable[int], own: Mapping[int, str]
) -> set[int]:
    """Whose words of this week they have handed in before."""
    since, least = monday - _memory(numbers), int(numbers[RunRule.Code.LEAST_WORDS])
    before = WeekEntry.objects.filter(monday__gte=since, monday__lt=monday, placement__in=list(placements))
    rows = before.values_list("placement", "text")
    return {pk for pk, text in rows if own.get(pk) and digest_of_words(text, least) == own[pk]}


def same_words(entry: WeekEntry) -> int:
    """How many others of the plan, or earlier weeks of the same student, say the same; shown, and judged by the reader."""
    numbers = numbers_on(entry.monday)
    least = int(numbers[RunRule.Code.LEAST_WORDS])
    digest = digest_of_words(entry.text, least)
    if not digest:
        return 0
    since = entry.monday - _memory(numbers)
    # Whoever reads a plan's weeks reads them one after another: the plan's words are read once for all of them.
    key = f"same-words:{entry.placement.plan_id}:{entry.monday}:{since}:{least}"
    said: dict[int, str] | None = cache.get(key)
    if said is None:
        near = WeekEntry.objects.filter(monday__gte=since, monday__lte=entry.monday, archived_at=None)
        texts = near.filter(placement__plan=entry.placement.plan_id).values_list("pk", "text")
        said = {pk: digest_of_words(text, least) for pk, text in texts.iterator()}
        cache.set(key, said, _READING)
    return sum(other == digest and pk != entry.pk for pk, other in said.items())


def risk_of(points: int, excused: bool, new: bool, looked_at: bool, incident: bool) -> float:
    """How much a look is worth, 0 to 1.

    Little evidence, the first days of a placement (`new`) and an open incident make it worth more, a look in the last
    weeks less; how many days and weeks these are is a rule. Nobody is beyond a look, and nobody is certain of one.
    """
    if excused:
        return 0.0
    worth = 0.05 + 0.8 * ((100 - points) / 100) ** 2
    worth += 0.1 if new else 0.0
    worth += 0.05 if incident else 0.0
    return round(worth * (0.3 if looked_at else 1.0), 3)


Name = TypeVar("Name", int, str)


def _lot(name: int | str, monday: date) -> float:
    """A number between 0 and 1 by chance, the same whenever it is drawn again, which nobody outside can work out."""
    key = settings.ZHIXING["field_key"].encode()
    digest = hmac.new(key, f"look:{name}:{monday}".encode(), hashlib.sha256).digest()
    return (int.from_bytes(digest[:7], "big") + 1) / (2**56 + 1)


def draw(worth: Mapping[Name, float], monday: date, number: int) -> list[Name]:
    """Whom to look at: `number` of these names, by chance in proportion to what a look is worth (Efraimidis and Spirakis 2006)."""
    lots = {name: _lot(name, monday) ** (1 / value) for name, value in worth.items() if value > 0}
    return sorted(lots, key=lambda name: (-lots[name], name))[:number]


def count_week(monday: date) -> int:
    """Count the evidence of a week for all who were at work in it; returns how many. Safe to repeat, as signals come late."""
    sunday = monday + timedelta(days=6)
    rows = Placement.objects.filter(
        status__in=("running", "ended"), starts_on__lte=sunday, ends_on__gte=monday, archived_at=None
    ).exclude(ended_on__lt=monday)
    week = _read(monday, {row.pk: row for row in rows.select_related("post").order_by("pk")})
    weights = weights_on(monday)
    troubled = set(Incident.objects.filter(status="open", archived_at=None).values_list("placement", flat=True))
    numbers = week.numbers
    lately = monday - timedelta(weeks=int(numbers[RunRule.Code.SEEN_WEEKS]))
    looks = PresenceWeek.objects.filter(monday__lt=monday, monday__gte=lately, status__in=("confirmed", "unclear"))
    looked_at = set(looks.values_list("placement", flat=True))
    there = {
        pk: told
        for pk, *told in PresenceWeek.objects.filter(monday=monday).values_list(
            "placement", "score", "parts", "excused", "risk"
        )
    }
    differs = []
    for pk, placement in week.placements.items():
        points, parts = score(week.signs.get(pk, ()), weights)
        excused, new = pk in week.excused, (sunday - placement.starts_on).days < numbers[RunRule.Code.NEW_DAYS]
        worth = risk_of(points, excused, new, pk in looked_at, pk in troubled)
        risk = Decimal(str(worth))
        # What is as it was is not written again: each write is a line of the history.
        if there.get(pk) != [points, parts, excused, risk]:
            differs.append(
                PresenceWeek(placement_id=pk, monday=monday, score=points, parts=parts, excused=excused, risk=risk)
            )
    PresenceWeek.objects.bulk_create(
        differs,
        batch_size=2000,
        update_conflicts=True,
        unique_fields=["placement", "monday"],
        update_fields=["score", "parts", "excused", "risk", "updated_at"],
    )
    return len(week.placements)


def pick(monday: date, each: int | None = None) -> list[PresenceWeek]:
    """Ask each supervisor to look at a few of their students of a week; returns what is newly asked. Safe to repeat.

    As many as the rule of that week says, or `each`.
    """
    if each is None:
        each = number_on(RunRule.Code.LOOKS, monday)
    with transaction.atomic():
        rows = list(
            # Without a supervisor nobody is there to look.
            PresenceWeek.objects.filter(monday=monday, placement__supervisor__isnull=False, archived_at=None)
            .select_related("placement__student", "placement__plan", "placement__post__organisation")
            .select_for_update(of=("self",))
            .order_by("pk")
        )
        # By names that a register brings: the same college draws the same lots, whatever keys its rows were given.
        of: dict[Any, dict[str, PresenceWeek]] = defaultdict(dict)
        for row in rows:
            placed = row.placement
            of[placed.supervisor_id][f"{placed.student.number}:{placed.plan.code}:{placed.starts_on}"] = row
        asked: list[PresenceWeek] = []
        for mine in of.values():
            already = sum(row.status != "scored" for row in mine.values())
            worth = {name: float(row.risk) for name, row in mine.items() if row.status == "scored"}
            asked += [mine[name] for name in draw(worth, monday, max(each - already, 0))]
        return step_many(asked, "ask", by=SYSTEM).done


def drop_locations(today: date) -> int:
    """Empty what was noted of locations once its days are over; the week was counted long before. Returns how many."""
    kept = timedelta(days=number_on(RunRule.Code.LOCATION_DAYS, today))
    old = PresenceSignal.objects.filter(day__lt=today - kept, longitude__isnull=False)
    keys = list(old.values_list("pk", flat=True))
    with transaction.atomic():
        found = PresenceSignal.objects.filter(pk__in=keys).update(longitude=None, latitude=None)
        # The history would else keep what the register drops.
        history = PresenceSignal.history.rel.related_model  # type: ignore[attr-defined]
        _empty_history(history, keys)
    return found


def _empty_history(history: Any, keys: list[int]) -> None:
    """The location in a row's earlier versions goes too: the one change that the append-only history allows."""
    import pgtrigger

    with pgtrigger.ignore(f"{history._meta.label}:append_only"):
        history.objects.filter(pgh_obj_id__in=keys).update(longitude=None, latitude=None)
