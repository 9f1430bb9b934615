"""What a firm does by link, without an account: signs a training plan, ranks the applicants of its order class."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from zhixing.cultivation import actions, queries
from zhixing.cultivation.models import Applicant, OrderClass, TrainingPlan
from zhixing.kernel import events, links
from zhixing.kernel.flow import FlowError, step
from zhixing.kernel.models import OutsideLink
from zhixing.kernel.scope import Actor
from zhixing.kernel.typed import whole, wholes
from zhixing.partners.models import Organisation

SIGN_PLAN = "cultivation.sign_plan"
RANK = "cultivation.rank_applicants"


def register() -> None:
    """Make the pages behind these links known."""
    links.register(SIGN_PLAN, sign_plan)
    links.register(RANK, rank)


def _firm(link: OutsideLink) -> Organisation:
    return Organisation._base_manager.get(pk=link.data["organisation"])


def _done(request: HttpRequest, text: str) -> HttpResponse:
    return render(request, "kernel/outside_done.html", {"done_text": text})


def sign_plan(request: HttpRequest, link: OutsideLink, plan: TrainingPlan) -> HttpResponse:
    """The firm reads the plan, then signs it or asks for changes; asking sends the plan back to its authors."""
    firm, fault = _firm(link), ""
    opinion = request.POST.get("opinion", "").strip()[:2000]
    if request.method == "POST":
        actor = links.actor_of(link)
        try:
            if request.POST.get("do") == "return":
                if not opinion:
                    raise ValidationError(_("Say what should be changed."), code="opinion")
                with links.consume(link):
                    _ask_for_changes(plan, firm, opinion, actor)
                return _done(request, _("Your wishes have gone back to the college."))
            with links.consume(link):
                actions.record_signature(
                    plan,
                    by=actor,
                    organisation=firm,
                    contact_name=link.name,
                    signed_on=timezone.localdate(),
                    opinion=opinion,
                )
            return _done(request, _("“%(plan)s” is signed for %(firm)s.") % {"plan": plan.title, "firm": firm.name})
        except ValidationError as refused:
            fault = "；".join(refused.messages)
    context = {
        "link": link,
        "plan": plan,
        "firm": firm,
        "map": queries.plan_map(plan),
        "courses": plan.courses.filter(archived_at=None).select_related("organisation"),
        "coverage": queries.coverage(plan),
        "opinion": opinion,
        "fault": fault,
    }
    return render(request, "cultivation/outside_plan.html", context, status=422 if fault else 200)


def _ask_for_changes(plan: TrainingPlan, firm: Organisation, opinion: str, actor: Actor) -> None:
    fresh = TrainingPlan._base_manager.get(pk=plan.pk)
    said = f"{firm.name}：{opinion}"
    if fresh.status == TrainingPlan.Status.FIRM_REVIEW:
        with step(fresh, "recall", by=actor, comment=said):
            pass
    else:
        events.log(fresh, "firm_opinion", by=actor, comment=said)


def rank(request: HttpRequest, link: OutsideLink, order_class: OrderClass) -> HttpResponse:
    """The firm puts its applicants in order. Moving one up or down writes nothing; only the confirm button does."""
    rows = {row.pk: row for row in queries.waiting(order_class)}
    order, declined, fault = _posted(request, rows), _declined(request, rows), ""
    if request.method == "POST" and "confirm" in request.POST:
        wanted = [pk for pk in order if pk not in declined]
        try:
            with links.consume(link):
                # Whoever came after the page was drawn is not in its list, and the ranking is refused in words.
                actions.rank_applicants(
                    order_class,
                    by=links.actor_of(link),
                    ranking=wanted,
                    declined=sorted(declined),
                    ranked_by=link.name,
                )
            return _done(
                request,
                _("Your ranking of %(number)s applicants is with the college.") % {"number": len(wanted)},
            )
        except (FlowError, ValidationError) as refused:
            fault = "；".join(refused.messages)
            order = [*order, *(pk for pk in rows if pk not in order)]
    elif request.method == "POST":
        order, declined = _moved(request.POST.get("move", ""), order, declined)
    place = 0
    applicants = []
    for pk in order:
        place += pk not in declined
        applicants.append({"row": rows[pk], "place": None if pk in declined else place, "posts": _wanted(rows[pk])})
    context = {
        "link": link,
        "order_class": order_class,
        "posts": order_class.order_posts.filter(archived_at=None),
        "applicants": applicants,
        "fault": fault,
    }
    return render(request, "cultivation/outside_rank.html", context, status=422 if fault else 200)


def _wanted(row: Applicant) -> str:
    return "、".join(choice.post.name for choice in sorted(row.choices.all(), key=lambda choice: choice.rank))


def _posted(request: HttpRequest, rows: dict[int, Applicant]) -> list[int]:
    """The order the page carries; at first the ranking on record, then the order of applying."""
    if request.method == "POST":
        return [pk for pk in dict.fromkeys(wholes(request.POST.getlist("order"))) if pk in rows]
    return sorted(rows, key=lambda pk: _place(rows[pk]))


def _place(row: Applicant) -> tuple[bool, int]:
    kept = getattr(row, "firm_rank", None)
    return (kept is None or kept.rank is None, (kept.rank or 0) if kept else 0)


def _declined(request: HttpRequest, rows: dict[int, Applicant]) -> set[int]:
    if request.method == "POST":
        return {pk for pk in wholes(request.POST.getlist("declined")) if pk in rows}
    return {pk for pk, row in rows.items() if getattr(row, "firm_rank", None) and row.firm_rank.rank is None}


def _moved(move: str, order: list[int], declined: set[int]) -> tuple[list[int], set[int]]:
    """One tap: `up:7`, `down:7`, `top:7`, `out:7` (not wanted), `in:7` (wanted after all)."""
    verb, _colon, number = move.partition(":")
    pk = whole(number)
    if pk is None or pk not in order:
        return order, declined
    at = order.index(pk)
    if verb == "up" and at:
        order[at - 1], order[at] = order[at], order[at - 1]
    elif verb == "down" and at + 1 < len(order):
        order[at + 1], order[at] = order[at], order[at + 1]
    elif verb == "top":
        order.insert(0, order.pop(at))
    elif verb == "out":
        order.append(order.pop(at))
        declined = declined | {pk}
    elif verb == "in":
        declined = declined - {pk}
        order.remove(pk)
        # After the last who is wanted.
        order.insert(sum(other not in declined for other in order), pk)
    return order, declined
