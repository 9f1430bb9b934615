"""Builds the sample college in one transaction, or says why not."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from zhixing.org import reference_data
from zhixing.sample import college, partners, people
from zhixing.sample.plan import Plan
from zhixing.sample.world import World


@transaction.atomic
def build(scale: float, seed: int, today: date) -> World:
    plan, world = Plan(scale, seed, today), World()
    reference_data.load()
    college.make_calendar(plan, world)
    college.make_units(plan, world)
    people.make_staff(plan, world)
    people.make_teachers(plan, world)
    college.make_majors(plan, world)
    people.place_teachers(plan, world)
    people.make_students(plan, world, college.make_cohorts(plan, world))
    people.make_memberships(plan, world)
    people.make_accounts(plan, world)
    partners.make_partners(plan, world)
    return world
