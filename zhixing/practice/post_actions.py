"""Posts: copied from last year, offered by firms, found by students, checked and opened (I-05 – I-24)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from zhixing.kernel import changes, events
from zhixing.kernel.acting import add, changing
from zhixing.kernel.flow import FlowError, step
from zhixing.kernel.numbering import next_number
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import Handed, sheet_for
from zhixing.org.models import Division, Student
from zhixing.partners.models import Organisation
from zhixing.practice import gate
from zhixing.practice.bulk import Outcome, step_many
from zhixing.practice.placements import Placement
from zhixing.practice.plans import PracticePlan
from zhixing.practice.posts import Post, PostShare

Status = Post.Status
# Units that take no students: nothing of theirs is copied, opened or proposed.
OUTCASTS = (Organisation.Status.BANNED, Organisation.Status.MERGED)
# Posts that once stood: worth copying to the next plan.
LASTING = (Status.APPROVED, Status.CLOSED)
# What belongs to one year only and is not taken over.
NOT_COPIED = frozenset(
    {
        "id",
        "code",
        "plan",
        "copied_from",
        "found_by",
        "source",
        "approved_on",
        "status",
        "created_at",
        "updated_at",
        "archived_at",
    }
)
# What a firm may say about its own post by link.
FIRM_SAYS = (
    "title",
    "places",
    "tasks",
    "requirements",
    "address",
    "hours_day",
    "hours_week",
    "night_shift",
    "overtime",
    "rest_days",
    "pay",
    "same_post_wage",
    "staff_total",
    "staff_same_post",
    "housing",
    "meals",
)
OPEN_PLANS = (
    PracticePlan.Status.DRAFT,
    PracticePlan.Status.SUBMITTED,
    PracticePlan.Status.APPROVED,
    PracticePlan.Status.CHOOSING,
)
# While a plan is one of these, students may come with a unit of their own.
PROPOSING = (PracticePlan.Status.APPROVED, PracticePlan.Status.CHOOSING, PracticePlan.Status.ALLOCATED)


def list_of(plan: PracticePlan, **query: str) -> str:
    """The list of a plan's posts."""
    sheet = sheet_for(Post)
    words = "&".join(f"{name}={value}" for name, value in {"plan": str(plan.pk), **query}.items())
    return f"{sheet.url('list')}?{words}" if sheet else ""


def next_code(plan: PracticePlan) -> str:
    """The next post code of a plan, e.g. SX-2026-01-P007; inside the caller's transaction."""

    def is_taken(number: int) -> bool:
        return Post._base_manager.filter(code=f"{plan.code}-P{number:03d}").exists()

    return f"{plan.code}-P{next_number(f'practice.post:{plan.pk}', is_taken):03d}"


# Copying ------------------------------------------------------------------------------------------------------------


def last_posts(plan: PracticePlan, organisation: Organisation | None = None) -> QuerySet:
    """The posts of a plan worth offering again: opened then, of the school's own finding, by firms that are not banned."""
    rows = lasting().filter(plan=plan)
    return rows.filter(organisation=organisation) if organisation else rows


def lasting() -> QuerySet:
    """The posts worth offering again, of all plans."""
    rows = Post.objects.filter(status__in=LASTING, source=Post.Source.SCHOOL, archived_at=None)
    return rows.exclude(organisation__status__in=OUTCASTS)


def copied(post: Post, plan: PracticePlan, code: str) -> Post:
    """An unsaved copy of a post for another plan, a draft."""
    values = {
        field.attname: getattr(post, field.attname)
        for field in Post._meta.concrete_fields
        if field.name not in NOT_COPIED
    }
    return Post(**values, code=code, plan=plan, copied_from=post)


def copy_many(posts: Iterable[Post], plan: PracticePlan, *, by: Actor, comment: str = "") -> list[Post]:
    """Copy posts into a plan as drafts, each once; those that are there already are passed over. Returns the new ones."""
    with transaction.atomic():
        # Two who copy at the same moment wait here; the second finds nothing left to copy.
        PracticePlan._base_manager.select_for_update(of=("self",)).get(pk=plan.pk)
        there = set(plan.posts.exclude(copied_from=None).values_list("copied_from", flat=True))
        new = [copied(post, plan, next_code(plan)) for post in posts if post.pk not in there]
        Post.objects.bulk_create(new, batch_size=500)
        events.log_many(new, "copied", by=by, comment=comment)
        changes.touched(Post, [post.pk for post in new])
        _copy_shares(new, plan, by=by, comment=comment)
    return new


def _copy_shares(posts: Sequence[Post], plan: PracticePlan, *, by: Actor, comment: str) -> None:
    """What was shared last year is shared again, with the same majors' plans of the new year where they are there already.

    Where one plan takes the place of several, it gets what they had together. What makes no sense any more is left out.
    """
    copies = {post.copied_from_id: post for post in posts}
    old = list(PostShare.objects.filter(post__in=copies, archived_at=None).select_related("plan").order_by("pk"))
    if not old:
        return
    heirs = PracticePlan.objects.filter(
        kind=plan.kind, year=plan.year_id, major__in={row.plan.major_id for row in old}, status__in=OPEN_PLANS
    )
    by_major = {row.major_id: row for row in heirs.filter(archived_at=None).order_by("-pk")} | {plan.major_id: plan}
    wanted: dict[tuple[int, int], PostShare] = {}
    for row in old:
        heir = by_major.get(row.plan.major_id)
        if heir is None:
            continue
        post = copies[row.post_id]
        known = wanted.get((post.pk, heir.pk))
        if known is None:
            wanted[post.pk, heir.pk] = PostShare(post=post, plan=heir, kept=row.kept, most=row.most)
        else:
            known.kept += row.kept
            known.most = None if known.most is None or row.most is None else known.most + row.most
    refused = {id(row) for row, _error in PostShare.refusals(list(wanted.values()))}
    new = PostShare.objects.bulk_create([row for row in wanted.values() if id(row) not in refused])
    keys = [row.pk for row in new]
    titled = PostShare.objects.filter(pk__in=keys).select_related(*PostShare.title_needs).order_by("pk")
    events.log_many(titled, "copied", by=by, comment=comment)
    changes.touched(PostShare, keys)


def _outcast(organisation: Organisation) -> str:
    """Why a unit takes no students, in words; empty where it may."""
    if organisation.status in OUTCASTS:
        return _("%(name)s may not take students.") % {"name": organisation.name}
    return ""


def _refuse_outcast(organisation: Organisation) -> None:
    if words := _outcast(organisation):
        raise FlowError(words, code="banned")


# Offering and opening -----------------------------------------------------------------------------------------------


def lacking(post: Post) -> list[str]:
    """What a post must say before it is offered and does not."""
    return [
        str(Post._meta.get_field(name).verbose_name)
        for name in ("tasks", "address", "hours_day", "hours_week")
        if getattr(post, name) in (None, "")
    ]


def offer(post: Post, *, by: Actor, comment: str = "") -> None:
    """The firm offers the post; it says what is asked, for how long a day and for what pay."""
    names = lacking(post)
    if names:
        raise FlowError(_("Not filled in yet: %(names)s."), code="incomplete", params={"names": "、".join(names)})
    with step(post, "offer", by=by, comment=comment):
        pass


def offer_many(posts: Sequence[Post], *, by: Actor, comment: str = "") -> Outcome:
    """Offer many posts; those that do not say enough are named with what they lack."""
    refusals = {
        post.pk: _("%(post)s: not filled in yet: %(names)s") % {"post": post.code, "names": "、".join(names)}
        for post in posts
        if (names := lacking(post))
    }
    return step_many(posts, "offer", by=by, comment=comment, refusals=refusals)


def approve_many(posts: Sequence[Post], *, by: Actor, comment: str = "") -> Outcome:
    """Open many posts that no red line stops, asked once for all; the others are named with what stops them.

    Students' own finds are opened one by one, since each becomes a placement.
    """
    refusals = {
        pk: f"{post.code}：{'；'.join(f'{words}（{rule}）' for rule, words in found)}"
        for pk, found in gate.stopping(posts).items()
        for post in posts
        if post.pk == pk
    }
    for post in posts:
        if words := _outcast(post.organisation):
            refusals[post.pk] = words

    def opened(row: Any) -> None:
        row.approved_on = timezone.localdate()

    shared = [post for post in posts if post.source == Post.Source.SCHOOL]
    return step_many(shared, "approve", by=by, comment=comment, refusals=refusals, each=opened, writes=("approved_on",))


def offer_by_firm(post: Post, *, by: Actor, **values: Any) -> None:
    """What a firm says of its own post through its link, and that it offers it: a draft becomes an offer, an offer is changed."""
    if post.status not in (Status.DRAFT, Status.OFFERED, Status.REFUSED):
        raise FlowError(_("The college has opened this post already: ask it to change the post."), code="wrong_state")
    unknown = set(values) - set(FIRM_SAYS)
    if unknown:
        raise ValueError(f"not a firm's to say: {sorted(unknown)}")
    with transaction.atomic():
        with changing(post, "firm_said", by=by, fields=sorted(values)) as locked:
            for name, value in values.items():
                setattr(locked, name, value)
        if post.status != Status.OFFERED:
            offer(post, by=by)


def approve(post: Post, *, by: Actor, comment: str = "") -> None:
    """Open a post to students: no red line stops it, and the firm is no outcast. A student's own find becomes a placement."""
    _refuse_outcast(post.organisation)
    gate.refuse_post(post)
    with transaction.atomic():
        with step(post, "approve", by=by, comment=comment) as locked:
            locked.approved_on = timezone.localdate()
        if post.source == Post.Source.STUDENT:
            _place_finder(post, by=by)


def _place_finder(post: Post, *, by: Actor) -> None:
    """Whoever found the post gets it, and the allocation leaves them there."""
    student = post.found_by
    if student is None:
        return
    if _placed(student, post.plan):
        raise FlowError(_("%(name)s already has a place in this plan."), code="placed", params={"name": student.name})
    placement = Placement(
        plan=post.plan,
        student=student,
        post=post,
        mentor=post.mentor,
        starts_on=post.plan.starts_on,
        ends_on=post.plan.ends_on,
        reasons={"code": "own_find"},
        locked=True,
        lock_reason=_("Found by the student."),
    )
    add(placement, by=by, follows=True)


def hand_firm_link(post: Post, *, by: Actor, name: str, days: int, comment: str = "") -> Handed:
    """A link with which the post's firm keeps its posts, ranks and accepts students."""
    from zhixing.practice import reminders

    url = reminders.firm_link(post.organisation, by=by, name=name, days=days)
    return Handed(url, _("Send this address to %(name)s alone. It is shown once.") % {"name": name})


def reopen(post: Post, *, by: Actor, comment: str = "") -> None:
    """Open a closed post again, checked as at first."""
    _refuse_outcast(post.organisation)
    gate.refuse_post(post)
    with step(post, "reopen", by=by, comment=comment):
        pass


# Found by students --------------------------------------------------------------------------------------------------


def no_proposal(student: Student, plan: PracticePlan) -> FlowError | None:
    """Why a student may propose no unit in a plan now: it is not open, not theirs, or they have a proposal or a place."""
    if plan.status not in PROPOSING:
        return FlowError(_("This plan does not take proposals now."), code="wrong_state")
    if not plan.cohorts.filter(pk=student.cohort_id).exists():
        return FlowError(_("This plan is not for your class."), code="not_yours")
    if _placed(student, plan):
        return FlowError(_("You already have a place in this plan."), code="placed")
    waiting = plan.posts.filter(found_by=student, archived_at=None, status__in=(Status.OFFERED, Status.APPROVED))
    if waiting.exists():
        return FlowError(_("You have already proposed a unit; the college is looking at it."), code="twice")
    return None


def _placed(student: Student, plan: PracticePlan) -> bool:
    rows = Placement.objects.filter(plan=plan, student=student, archived_at=None)
    return rows.exclude(status__in=Placement.OFF).exists()


def propose(
    student: Student,
    plan: PracticePlan,
    *,
    by: Actor,
    uscc: str,
    firm: str,
    title: str,
    address: str,
    region: Division | None = None,
    contact: str = "",
    phone: str = "",
    hours_day: Any = None,
    hours_week: Any = None,
    pay: Any = None,
    tasks: str = "",
) -> Post:
    """A student proposes a unit of their own (自行选择, art. 2): it goes to the college for approval like any other.

    The unit is a registered one: known by its social credit code, or entered as a lead with it.
    `region` is where the workplace lies, by which I-29 is judged; without it the unit's own. Hours that nobody has
    stated stay empty: the gate asks for them before the post opens (I-11).
    """
    with transaction.atomic():
        # Pressing twice makes one proposal, and no place is given meanwhile: the second waits here and finds the first.
        refused = no_proposal(student, PracticePlan._base_manager.select_for_update(of=("self",)).get(pk=plan.pk))
        if refused is not None:
            raise refused
        organisation = _unit_of(uscc, firm, plan, by=by)
        note = "、".join(part for part in (contact, phone) if part)
        post = Post(
            code=next_code(plan),
            title=title,
            plan=plan,
            organisation=organisation,
            source=Post.Source.STUDENT,
            found_by=student,
            places=1,
            tasks=tasks or title,
            address=address,
            region=lies.code if (lies := region or organisation.region) else "",
            hours_day=hours_day,
            hours_week=hours_week,
            pay=pay,
            staff_total=organisation.staff_count,
            status=Status.OFFERED,
            note=_("Contact at the unit: %(who)s") % {"who": note} if note else "",
        )
        return add(post, by=by, follows=True)


def _unit_of(uscc: str, name: str, plan: PracticePlan, *, by: Actor) -> Organisation:
    code = (uscc or "").strip().upper()
    found = Organisation.objects.filter(uscc=code, archived_at=None).first() if code else None
    if found is None and name:
        found = Organisation.objects.filter(name=name.strip(), archived_at=None).first()
    if found is not None:
        if found.status == Organisation.Status.MERGED and found.merged_into:
            found = found.merged_into
        _refuse_outcast(found)
        return found
    if not code or not name:
        raise ValidationError(_("Give the unit's full name and its unified social credit code."), code="unit")
    organisation = Organisation(
        uscc=code,
        name=name.strip(),
        kind=Organisation.Kind.ENTERPRISE,
        keeper=plan.major.unit,
        status=Organisation.Status.LEAD,
    )
    return add(organisation, by=by, comment=_("Named by a student."), follows=True)
