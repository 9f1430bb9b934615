"""What may come of it: cooperations on their way through the four stages, and what partners asked for."""

from __future__ import annotations

import random
from datetime import date, timedelta

from zhixing.partners.models import Need, Opportunity, Organisation
from zhixing.sample import college_facts as facts
from zhixing.sample import cooperation_words as words
from zhixing.sample.plan import Plan, insert, join, weekday_after
from zhixing.sample.world import World


def make_opportunities(plan: Plan, world: World) -> None:
    """Cooperations in all four stages; some have stood still too long, some were closed."""
    dice = plan.dice("opportunities")
    stage = Opportunity.Stage
    rows: list[Opportunity] = []
    taken: set[tuple[int, str]] = set()
    stages = (
        stage.NEGOTIATE,
        stage.NEGOTIATE,
        stage.NEGOTIATE,
        stage.IMPLEMENT,
        stage.IMPLEMENT,
        stage.SUPERVISE,
        stage.FOLLOW,
        stage.CLOSED,
    )
    for number in range(plan.times(72, least=16)):
        group = facts.GROUPS[number % len(facts.GROUPS)]
        firm = dice.choice(world.firms_of[group.code])
        title, forms = dice.choice(words.OPPORTUNITIES)
        title = title.format(name=firm.short_name or firm.name, group=group.name.removesuffix("专业群"))
        if (firm.pk, title) in taken:
            continue
        taken.add((firm.pk, title))
        now = stages[number % len(stages)]
        # The further a cooperation has come, the older it is; it entered its stage after it was opened.
        age = {
            stage.NEGOTIATE: (10, 260),
            stage.IMPLEMENT: (120, 520),
            stage.SUPERVISE: (300, 800),
            stage.FOLLOW: (420, 980),
        }.get(now, (200, 900))
        opened = plan.ago(dice.randint(*age))
        since = opened if now == stage.NEGOTIATE else plan.within(dice, opened + timedelta(days=30), plan.ago(4))
        rows.append(_opportunity(plan, world, dice, number, group, firm, title, list(forms), now, opened, since))
    insert(plan, rows, lambda row: row.opened_on)


def _opportunity(
    plan: Plan,
    world: World,
    dice: random.Random,
    number: int,
    group: facts.Group,
    firm: Organisation,
    title: str,
    forms: list[int],
    now: str,
    opened: date,
    since: date,
) -> Opportunity:
    stage = Opportunity.Stage
    past_intent = now in (stage.IMPLEMENT, stage.SUPERVISE, stage.FOLLOW)
    past_agreement = now in (stage.SUPERVISE, stage.FOLLOW)
    owner = world.groups[group.code].leader or world.deans[group.unit]
    if number % 2:
        owner = dice.choice(world.faculty[group.unit])
    return Opportunity(
        title=title,
        organisation=firm,
        unit=world.units[group.unit],
        owner=owner,
        forms=forms,
        stage=now,
        stage_since=since,
        opened_on=opened,
        expected_on=plan.ahead(dice.randint(20, 240)) if now in (stage.NEGOTIATE, stage.IMPLEMENT) else None,
        value=dice.choice((None, 50_000, 80_000, 120_000, 200_000, 350_000, 600_000, 1_200_000)),
        intent=dice.choice(words.INTENTS) if past_intent else "",
        agreement_number=f"海职院合〔{since.year}〕{number + 11:03}号" if past_agreement else "",
        supervision=dice.choice(words.SUPERVISION) if now == stage.FOLLOW else "",
        note=dice.choice(words.CLOSED_REASONS) if now == stage.CLOSED else "",
    )


def make_needs(plan: Plan, world: World) -> None:
    """What partners asked for: open, claimed, met and closed; some past their date, and nobody has claimed them."""
    dice = plan.dice("needs")
    status = Need.Status
    rows: list[Need] = []
    majors: list[list[int]] = []
    taken: set[tuple[int, str, date]] = set()
    states = (status.OPEN, status.OPEN, status.CLAIMED, status.MET, status.MET, status.CLOSED, status.CLAIMED)
    for number in range(plan.times(110, least=14)):
        group = facts.GROUPS[number % len(facts.GROUPS)]
        firm = dice.choice(world.firms_of[group.code])
        kind, title, detail = dice.choice(words.NEEDS)
        chosen = dice.sample([code for code, _w in group.majors], dice.randint(1, 2))
        now = states[number % len(states)]
        raised = plan.ago(dice.randint(5, 120) if now == status.OPEN else dice.randint(40, 700))
        title = title.format(name=firm.short_name or firm.name, major=world.majors[chosen[0]].name)
        if (firm.pk, title, raised) in taken:
            continue
        taken.add((firm.pk, title, raised))
        claimed = now in (status.CLAIMED, status.MET)
        rows.append(
            Need(
                title=title,
                organisation=firm,
                kind=kind,
                number=dice.randint(2, 40) if kind in ("talent", "training") else None,
                raised_on=raised,
                due=weekday_after(raised + timedelta(days=dice.randint(30, 150))) if dice.random() < 0.85 else None,
                detail=detail,
                claimed_by=dice.choice(world.faculty[group.unit]) if claimed else None,
                claimed_unit=world.units[group.unit] if claimed else None,
                status=now,
                result=dice.choice(words.NEED_MET)
                if now == status.MET
                else dice.choice(words.NEED_CLOSED)
                if now == status.CLOSED
                else "",
            )
        )
        majors.append([world.majors[code].pk for code in chosen])
    written = insert(plan, rows, lambda row: row.raised_on)
    join(Need.majors.through, [(row.pk, key) for row, keys in zip(written, majors, strict=True) for key in keys])
