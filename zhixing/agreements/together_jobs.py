"""Many agreements at once as work that a page watches. Safe to run twice: what is done already is passed over."""

from __future__ import annotations

from collections.abc import Callable

from django.urls import reverse
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from zhixing.agreements import signing, together
from zhixing.agreements.models import Agreement
from zhixing.kernel import progress as watching
from zhixing.kernel.flow import FlowError
from zhixing.kernel.models import Progress
from zhixing.kernel.scope import Actor
from zhixing.kernel.verbs import actor_behind
from zhixing.org.models import User


def _actor(user: int) -> Actor:
    """Whoever set the work going, with the hats of today."""
    return actor_behind(User.objects.select_related("person").get(pk=user))


def _told(work: Callable[[], together.Together]) -> str:
    """What became of it: where an earlier try was cut off behind its last paper, nothing is left to do, and that is no failure."""
    try:
        return work().words()
    except FlowError as none:
        if none.code != "nothing":
            raise
        return together.Together().words()


@app.task(queue="default")
def ask_to_sign(progress: int, agreements: list[int], user: int, page: str) -> None:
    """Start the signing of these agreements (ids) for a user (id); `page` is the page of the result."""
    with watching.running(progress) as report:
        if report is None:
            return
        rows = Agreement.objects.filter(pk__in=agreements).select_related("kind", "unit", "student").order_by("pk")
        report.finish(page, _told(lambda: together.ask_many(rows, by=_actor(user), report=report)))


@app.task(queue="default")
def sign_for_school(progress: int, requests: list[int], user: int, typed: str, seen: dict[str, str]) -> None:
    """Sign these papers (ids of requests) for the school in the name of a user (id); `seen` is what was seen of them."""
    with watching.running(progress) as report:
        if report is None:
            return
        witness = signing.Witness(**{**seen, "ip": seen["ip"] or None})
        by = _actor(user)
        told = _told(lambda: together.sign_many(requests, by=by, typed=typed, witness=witness, report=report))
        report.finish(reverse("signing-waiting"), told)


def ask_soon(agreements: list[int], *, by: Actor, title: str, back: str) -> Progress:
    """Set going that many agreements are asked to be signed; the page of the work leads to `back`."""
    if by.user_id is None:
        raise ValueError("only somebody with an account can watch work")
    return watching.start(
        "sign", title, by.user_id, ask_to_sign, back=back, agreements=agreements, user=by.user_id, page=back
    )


def sign_soon(requests: list[int], *, by: Actor, typed: str, witness: signing.Witness) -> Progress:
    """Set going that many papers are signed for the school."""
    if by.user_id is None:
        raise ValueError("only somebody with an account can watch work")
    seen = {
        "ip": witness.ip or "",
        "forwarded": witness.forwarded,
        "user_agent": witness.user_agent,
        "consent": witness.consent,
    }
    title = _("Sign %(number)s agreements") % {"number": len(requests)}
    return watching.start(
        "sign",
        title,
        by.user_id,
        sign_for_school,
        back=reverse("signing-waiting"),
        requests=requests,
        user=by.user_id,
        typed=typed,
        seen=seen,
    )
