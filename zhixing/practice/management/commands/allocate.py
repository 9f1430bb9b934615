"""`allocate --instance FILE`: who gets which post, for a table from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from zhixing.kernel.verbs import BadCall, Verb
from zhixing.practice.solving.problem import ProblemError, read_instance
from zhixing.practice.solving.solve import LIMIT, Result, allocate

MODES = ("optimal", "stable")


class Command(Verb):
    help = "Decide who gets which post: the best for the whole, or stable by both sides' rankings."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--instance", metavar="FILE", required=True, help="a JSON table of applicants and posts")
        parser.add_argument("--mode", choices=MODES, default="optimal")
        parser.add_argument("--seconds", type=float, default=LIMIT, help="time for the proof; the best found is told")

    def work(self, instance: str, mode: str, seconds: float, **_options: Any) -> tuple[Any, int]:  # type: ignore[override]
        try:
            text = Path(instance).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise BadCall(f"{instance} cannot be read: {error}") from error
        try:
            result = allocate(read_instance(text), mode, seconds, must_rank=True)
        except ProblemError as error:
            raise BadCall(f"{instance}: {sentence(error)}") from error
        # The time ran out: what is told is allowed, but something better may exist.
        return told(result), 0 if result.optimal else 1

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


def told(result: Result) -> dict[str, Any]:
    """The answer as the command prints it."""
    return {
        "assigned": dict(result.assigned),
        "unassigned": list(result.unassigned),
        "free": dict(result.free),
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
