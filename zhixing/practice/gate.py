"""The one door from the work of practice to the red lines: what they would stop, asked for many records at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from zhixing.practice import redline_gate, redline_queries
from zhixing.practice.placements import Placement
from zhixing.practice.posts import Post

Stops = dict[int, list[tuple[str, str]]]


def blocking(placements: Sequence[Placement], step: str) -> Stops:
    """Red lines that stop these placements from a step (confirm, start): id of the placement → (rule, sentence)."""
    found = redline_queries.blocking(placements, step)
    return {pk: [(verdict.rule.id, verdict.says) for verdict in verdicts] for pk, verdicts in found.items()}


def refuse_post(post: Post) -> None:
    """Raise ValidationError with every red line that stops this post from being opened to students."""
    redline_queries.refuse_post(post, "approve")


def stopping(posts: Iterable[Post]) -> Stops:
    """Red lines that stop posts from being opened: id of the post → (rule, sentence); those without are not there."""
    found: Stops = {}
    verdicts = redline_queries.of_posts(list(posts), "approve")
    for verdict in redline_gate.stops(verdicts, "approve"):
        if verdict.kind == "post":
            found.setdefault(verdict.subject.id, []).append((verdict.rule.id, verdict.says))
    return found
