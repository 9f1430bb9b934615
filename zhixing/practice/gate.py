"""The one door from the work of practice to the red lines: what they would stop, asked for many records at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from zhixing.practice import redline_queries
from zhixing.practice.placements import Placement
from zhixing.practice.posts import Post

Stops = dict[int, list[tuple[str, str]]]


def blocking(placements: Sequence[Placement]) -> Stops:
    """Red lines that stop these placements from starting: id of the placement → (rule, sentence)."""
    found = redline_queries.blocking(placements, "start")
    return {pk: [(verdict.rule.id, verdict.says) for verdict in verdicts] for pk, verdicts in found.items()}


def refuse_post(post: Post) -> None:
    """Raise ValidationError with every red line that stops this post from being opened to students."""
    redline_queries.refuse_post(post, "approve")


def warned(posts: Iterable[Post]) -> Stops:
    """What stands against posts before anybody opens them: id of the post → (rule, sentence); those without are not there."""
    found: Stops = {}
    for verdict in redline_queries.of_posts(list(posts), "approve"):
        if verdict.kind == "post" and verdict.hits:
            found.setdefault(verdict.subject.id, []).append((verdict.rule.id, verdict.says))
    return found
