"""`allocate PLAN`, or `allocate --instance FILE` for a table from elsewhere: who gets which post."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser

from zhixing.kernel.verbs import BadCall, Verb, actor_named
from zhixing.practice import allocating, allocation_actions
from zhixing.practice.models import PracticePlan
from zhixing.practice.solving.problem import ProblemError, read_instance
from zhixing.practice.solving.solve import LIMIT, Result, allocate

MODES = ("optimal", "stable")


class Command(Verb):
    help = "Decide who gets which post: the best for the whole, or stable by both sides' rankings."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("plan", nargs="?", metavar="PLAN", help="the code of a practice plan")
        parser.add_argument("--instance", metavar="FILE", help="a JSON table of applicants and posts instead")
        parser.add_argument("--mode", choices=MODES, default="optimal")
        parser.add_argument("--commit", action="store_true", help="make the answer the plan's proposed placements")
        parser.add_argument("--as", dest="user", help="the account on whose behalf; the system itself by default")
        parser.add_argument("--seconds", type=float, default=LIMIT, help="time for the proof; the best found is told")

    def work(self, **options: Any) -> tuple[Any, int]:
        if bool(options["plan"]) == bool(options["instance"]):
            raise BadCall("Name a plan, or give a table with --instance.")
        if options["instance"] and options["commit"]:
            raise BadCall("A table from elsewhere has no plan to commit to.")
        answer, optimal = self.of_table(**options) if options["instance"] else self.of_plan(**options)
        # The time ran out: what is told is allowed, but something better may exist.
        return answer, 0 if optimal else 1

    def of_table(self, instance: str, mode: str, seconds: float, **_options: Any) -> tuple[Any, bool]:
        try:
            text = Path(instance).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise BadCall(f"{instance} cannot be read: {error}") from error
        try:
            result = allocate(read_instance(text), mode, seconds, must_rank=True)
        except ProblemError as error:
            raise BadCall(f"{instance}: {sentence(error)}") from error
        return told(result), result.optimal

    def of_plan(self, plan: str, mode: str, seconds: float, commit: bool, user: str | None, **_options: Any) -> Any:
        by = actor_named(user)
        found = PracticePlan.objects.filter(code=plan, archived_at=None).select_related("major").first()
        if found is None or not by.can_on(found, "change"):
            raise BadCall(f"There is no plan {plan} that may be allocated.")
        try:
            if commit:
                allocation_actions.refuse(found, by)
            facts = allocating.read(found)
            result, problem = allocating.solve(facts, mode, seconds)
            if commit:
                run = allocating.keep(facts, problem, result, user=by.user_id, fair=False)
                allocation_actions.adopt(run, by=by)
        except ValidationError as refused:
            raise BadCall("；".join(refused.messages)) from refused
        return told(result, facts.number_of, facts.code_of), result.optimal

    def say(self, result: Any) -> None:
        write = self.stdout.write
        for applicant, post in result["assigned"].items():
            write(f"{applicant}\t{post}")
        for applicant in result["unassigned"]:
            write(f"{applicant}\t—")
        write(
            f"{len(result['assigned'])} placed, {len(result['unassigned'])} without a place, objective "
            f"{result['objective']:g}{'' if result['optimal'] else ' (perhaps not the best)'}, {result['seconds']:g} s"
        )


def told(result: Result, student: Callable[[str], str] = str, post: Callable[[str], str] = str) -> dict[str, Any]:
    """The answer as the command prints it, in the codes that people see."""
    return {
        "assigned": {student(who): post(what) for who, what in result.assigned.items()},
        "unassigned": [student(who) for who in result.unassigned],
        "free": {post(what): places for what, places in result.free.items()},
        "objective": result.objective,
        "optimal": result.optimal,
        "seconds": result.seconds,
    }


SENTENCES = {
    "json": "is not JSON: {why}.",
    "shape": "{where} does not have the form that is asked for.",
    "capacity": "the capacity of post {post} must be a whole number, 0 or more.",
    "unknown_post": "applicant {applicant} names post {post}, which is not among the posts.",
    "unknown_applicant": "post {post} ranks {applicant}, who is not among the applicants.",
    "no_ranking": "post {post} has no ranking, which the stable mode needs.",
}


def sentence(error: ProblemError) -> str:
    """One sentence of what is wrong with a table."""
    return SENTENCES.get(error.code, error.code).format(**error.parts)
