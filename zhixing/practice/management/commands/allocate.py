"""`allocate PLAN`, `allocate --plan A --plan B` for several together, or `allocate --instance FILE` for a table from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser

from zhixing.kernel.verbs import BadCall, Verb, actor_named
from zhixing.practice.allocation_asking import Unknown, decide, told
from zhixing.practice.allocation_facts import CLASSES, MAJORS
from zhixing.practice.solving.problem import ProblemError, read_instance
from zhixing.practice.solving.solve import LIMIT, allocate

MODES = ("optimal", "stable")


class Command(Verb):
    help = "Decide who gets which post: the best for the whole, or stable by both sides' rankings."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("code", nargs="?", metavar="PLAN", help="the code of a practice plan")
        parser.add_argument(
            "--plan",
            action="append",
            default=[],
            dest="more",
            metavar="PLAN",
            help="one more plan: all are allocated together",
        )
        parser.add_argument("--instance", metavar="FILE", help="a JSON table of applicants and posts instead")
        parser.add_argument("--mode", choices=MODES, default="optimal")
        parser.add_argument(
            "--fair",
            choices=(MAJORS, CLASSES),
            default="",
            help="what the worst-off of these gets on the mean counts too",
        )
        parser.add_argument("--commit", action="store_true", help="make the answer the plans' proposed placements")
        parser.add_argument("--as", dest="user", help="the account on whose behalf; the system itself by default")
        parser.add_argument("--seconds", type=float, default=LIMIT, help="time for the proof; the best found is told")

    def work(self, **options: Any) -> tuple[Any, int]:
        plans = list(dict.fromkeys([*([options["code"]] if options["code"] else []), *options["more"]]))
        if bool(plans) == bool(options["instance"]):
            raise BadCall("Name a plan, or give a table with --instance.")
        if options["instance"] and (options["commit"] or options["fair"]):
            raise BadCall("A table from elsewhere has no plan to commit to, and no majors.")
        answer, optimal = self.of_table(**options) if options["instance"] else self.of_plans(plans, **options)
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

    def of_plans(self, plans: list[str], user: str | None, **options: Any) -> tuple[Any, bool]:
        asked = {name: options[name] for name in ("mode", "fair", "seconds", "commit")}
        try:
            return decide(plans, actor_named(user), **asked)
        except Unknown as unknown:
            raise BadCall(f"There is no plan {unknown} that may be allocated.") from unknown
        except ValidationError as refused:
            raise BadCall("；".join(refused.messages)) from refused

    def say(self, result: Any) -> None:
        write = self.stdout.write
        for row in result.get("plans", ()):
            mean = "—" if row["mean"] is None else f"{row['mean']:g}"
            write(
                f"{row['plan']}: {row['placed']} of {row['students']} placed, {row['first']} first choices, mean {mean}"
            )
        for applicant, post in result["assigned"].items():
            write(f"{applicant}\t{post}")
        for applicant in result["unassigned"]:
            write(f"{applicant}\t—")
        write(
            f"{len(result['assigned'])} placed, {len(result['unassigned'])} without a place, objective "
            f"{result['objective']:g}{'' if result['optimal'] else ' (perhaps not the best)'}, {result['seconds']:g} s"
        )


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
