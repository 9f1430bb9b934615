"""What a firm does by its link, without an account: takes or declines students, offers posts again, ranks who chose it.

The link stands for the firm for its days and is not used up: a firm answers again and again. Everything on the page and
everything it does is bound to this one firm.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhixing.agreements import invitations
from zhixing.agreements.forms_signing import DelegateForm
from zhixing.agreements.models import SignatureRequest
from zhixing.kernel import links, timeline
from zhixing.kernel.models import OutsideLink
from zhixing.kernel.scope import Actor
from zhixing.kernel.typed import whole, wholes
from zhixing.partners.models import Organisation
from zhixing.practice import choice_actions, placement_actions, plan_actions, post_actions, reminders
from zhixing.practice.placements import Placement, PostRanking, Preference
from zhixing.practice.plans import PracticePlan
from zhixing.practice.posts import Post
from zhixing.practice.practice_forms import OfferForm

Status = Post.Status


def register() -> None:
    """Make the page behind these links known."""
    links.register(reminders.FIRM, inbox)
    timeline.name_verbs({reminders.SHARED: ("send", gettext_lazy("Link for a colleague"))})


def inbox(request: HttpRequest, link: OutsideLink, firm: Organisation) -> HttpResponse:
    """A firm's page on a phone: students to take, posts to offer, choices to rank, papers to sign."""
    fault, open_post, form, share = "", request.GET.get("post", ""), None, None
    if request.method == "POST":
        try:
            where = _act(request, link, firm)
            return redirect(where or request.path)
        except _Incomplete as shown:
            if isinstance(shown.form, OfferForm):
                form, open_post = shown.form, str(shown.form.instance.pk)
            else:
                share = shown.form
        except ValidationError as refused:
            fault = "；".join(refused.messages)
    posts = _posts(firm)
    for post in posts:
        if str(post.pk) == open_post:
            post.form = form or OfferForm(instance=post)  # type: ignore[attr-defined]
    context = {
        "link": link,
        "firm": firm,
        "waiting": _students(firm).filter(accepted_on=None, status__in=("proposed", "confirmed")),
        "taken": _students(firm).filter(accepted_on__isnull=False, status__in=Placement.LIVE),
        "posts": posts,
        "copies": _copies(firm),
        "rankings": _rankings(firm),
        "papers": _papers(firm),
        "fault": fault,
        "form": form,
        "decline": request.GET.get("decline", ""),
        "share": share or (DelegateForm() if "share" in request.GET else None),
    }
    return render(
        request,
        "practice/outside_firm.html",
        context,
        status=422 if fault or form or (share and share.is_bound) else 200,
    )


class _Incomplete(Exception):
    """A form that is not filled in yet: a post's, or a colleague's."""

    def __init__(self, form: OfferForm | DelegateForm):
        super().__init__()
        self.form = form


# What there is ------------------------------------------------------------------------------------------------------


def _students(firm: Organisation) -> Any:
    rows = Placement.objects.filter(post__organisation=firm, archived_at=None)
    return rows.select_related("student__cohort__major", "post", "plan", "supervisor").order_by(
        "plan_id", "student__number"
    )


def _posts(firm: Organisation) -> list[Post]:
    """The firm's posts in plans that still prepare: drafts and offers can be changed, open ones are shown."""
    rows = Post.objects.filter(
        organisation=firm, source=Post.Source.SCHOOL, archived_at=None, plan__status__in=post_actions.OPEN_PLANS
    ).exclude(status=Status.CLOSED)
    return list(rows.select_related("plan__major", "organisation").order_by("plan_id", "code"))


def _copies(firm: Organisation) -> list[dict[str, Any]]:
    """Plans for which the firm can offer last year's posts again, with how many."""
    plans = PracticePlan.objects.filter(
        status__in=post_actions.OPEN_PLANS, archived_at=None, major__practice_plans__posts__organisation=firm
    ).distinct()
    rows = list(plans.select_related("major").order_by("starts_on", "pk"))
    before = plan_actions.earlier_many(rows)
    there = set(
        Post.objects.filter(plan__in=before, organisation=firm)
        .exclude(copied_from=None)
        .values_list("plan", "copied_from")
    )
    last: dict[int, list[int]] = defaultdict(list)
    old = post_actions.lasting().filter(organisation=firm, plan__in={row.pk for row in before.values()})
    for pk, plan in old.order_by().values_list("pk", "plan"):
        last[plan].append(pk)
    found = []
    for row in rows:
        earlier = before.get(row.pk)
        number = sum((row.pk, pk) not in there for pk in last[earlier.pk]) if earlier else 0
        if number:
            found.append({"plan": row, "before": earlier, "number": number})
    return found


def _rankings(firm: Organisation) -> list[dict[str, Any]]:
    """Posts with students who chose them, in the firm's order or that of the students' wishes."""
    rows = Post.objects.filter(choice_actions.to_rank(), organisation=firm, status=Status.APPROVED, archived_at=None)
    posts = list(rows.select_related("plan").order_by("code"))
    chose: dict[int, list[Preference]] = defaultdict(list)
    for row in choice_actions.applicants_of(posts):
        chose[row.post_id].append(row)
    given: dict[int, dict[int, int]] = defaultdict(dict)
    said = PostRanking.objects.filter(post__in=chose, archived_at=None)
    for post, student, rank in said.values_list("post", "student", "rank"):
        given[post][student] = rank
    for post, people in chose.items():
        order = given[post]
        people.sort(key=lambda row: (row.student_id not in order, order.get(row.student_id, 0), row.rank))
    return [
        {"post": post, "people": chose[post.pk], "ranked": bool(given[post.pk])} for post in posts if post.pk in chose
    ]


def _papers(firm: Organisation) -> Any:
    rows = SignatureRequest.objects.filter(
        party__organisation=firm,
        state=SignatureRequest.State.OPEN,
        channel=SignatureRequest.Channel.LINK,
        agreement__kind__code="tripartite",
        archived_at=None,
    )
    return rows.select_related("agreement", "party").order_by("pk")[:50]


# What it does -------------------------------------------------------------------------------------------------------


def _act(request: HttpRequest, link: OutsideLink, firm: Organisation) -> str:
    posted, by = request.POST, links.actor_of(link)
    do, _colon, number = posted.get("do", "").partition(":")
    pk = whole(number) or 0
    if do == "accept":
        shown = wholes(posted.getlist("shown"))
        placement_actions.accept_by_firm(list(_students(firm).filter(pk__in=shown)), by=by)
    elif do == "decline":
        _decline(firm, pk, posted.get("reason", ""), by)
    elif do == "copy":
        _copy(firm, pk, by)
    elif do == "offer":
        _offer(request, firm, pk, by)
    elif do == "rank":
        return _rank(request, firm, pk, by)
    elif do == "sign":
        ask = _papers(firm).model.objects.filter(pk__in=[row.pk for row in _papers(firm)], pk=pk).first()
        if ask is None:
            raise ValidationError(_("There is nothing to sign any more."), code="nothing")
        # The page is of this very house, by whatever name the firm reached it.
        return urlsplit(invitations.link_for(ask, by=by, replace=False)).path
    elif do == "share":
        return _share(request, link, firm, by)
    else:
        raise ValidationError(_("Choose what to do."), code="unknown")
    return ""


def _decline(firm: Organisation, pk: int, reason: str, by: Actor) -> None:
    row = _students(firm).filter(pk=pk, status__in=("proposed", "confirmed")).first()
    if row is None:
        raise ValidationError(_("This student is not waiting for you any more."), code="gone")
    placement_actions.decline_by_firm(row, by=by, comment=reason)


def _copy(firm: Organisation, pk: int, by: Actor) -> None:
    """One tap: last year's posts again, as they were."""
    entry = next((item for item in _copies(firm) if item["plan"].pk == pk), None)
    if entry is None:
        raise ValidationError(_("These posts are here already."), code="nothing")
    rows = post_actions.last_posts(entry["before"], firm)
    with transaction.atomic():
        made = post_actions.copy_many(rows, entry["plan"], by=by)
        post_actions.offer_many(made, by=by)


def _offer(request: HttpRequest, firm: Organisation, pk: int, by: Actor) -> None:
    post = next((item for item in _posts(firm) if item.pk == pk), None)
    if post is None:
        raise ValidationError(_("This post is not yours to change any more."), code="gone")
    form = OfferForm(request.POST, instance=post)
    if not form.is_valid():
        raise _Incomplete(form)
    values = {name: form.cleaned_data[name] for name in form.cleaned_data}
    post_actions.offer_by_firm(Post.objects.get(pk=pk), by=by, **values)


def _rank(request: HttpRequest, firm: Organisation, pk: int, by: Actor) -> str:
    """One tap moves a student, and the order is saved at once."""
    entry = next((item for item in _rankings(firm) if item["post"].pk == pk), None)
    if entry is None:
        raise ValidationError(_("The places of this plan are given out already."), code="closed")
    order = [row.student_id for row in entry["people"]]
    wanted = choice_actions.moved(order, request.POST.get("move", ""))
    choice_actions.rank_students(entry["post"], wanted, by=by)
    return f"{request.path}#post-{pk}"


def _share(request: HttpRequest, link: OutsideLink, firm: Organisation, by: Actor) -> str:
    """A colleague gets a link of their own; the one that is open here stays good."""
    form = DelegateForm(request.POST)
    if not form.is_valid():
        raise _Incomplete(form)
    reminders.share_firm_link(firm, link, by=by, **form.cleaned_data)
    messages.success(request, _("%(name)s was sent a link.") % {"name": form.cleaned_data["name"]})
    return ""
