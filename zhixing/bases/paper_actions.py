"""Papers that are handed in and judged: term summaries and demonstration bases (D-45, D-46)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from zhixing.bases import criteria, figures, summaries
from zhixing.bases.actions import hand, not_in_future
from zhixing.bases.models import Base, BaseRecognition, RecognitionReview, TermSummary
from zhixing.kernel import changes, links
from zhixing.kernel.acting import add, changing
from zhixing.kernel.flow import FlowError, step
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import Handed, sheet_for
from zhixing.org.models import Major, Term

# 公示: no shorter than so many days; 复核: after so many years.
PUBLIC_DAYS, RECHECK_YEARS = 5, 3
# The purpose of the links by which experts from outside judge.
REVIEW = "bases.judge_application"


def _years_on(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


# Term summaries ---------------------------------------------------------------------------------------------------


def begin_summary(major: Major, term: Term, *, by: Actor, comment: str = "") -> TermSummary:
    """Write the first text of a major's summary from its records; the one that is there already is returned as it is."""
    there = TermSummary.objects.filter(major=major, term=term).first()
    if there is not None:
        return there
    summary = TermSummary(major=major, term=term, author_id=by.person_id, **summaries.draft(major, term))
    return add(summary, by=by, comment=comment)


def write_summary(summary: TermSummary, *, by: Actor, comment: str = "", **parts: str) -> None:
    """Edit the text. Names of numbers that do not exist are refused, so that no number is lost by a slip of the key."""
    known = summaries.figures_of(summary)
    unknown = {token for text in parts.values() for token in figures.tokens(text)} - set(known)
    if unknown:
        raise ValidationError(
            _("There is no number called %(names)s."), code="unknown", params={"names": "、".join(sorted(unknown))}
        )
    with changing(summary, "write", by=by, comment=comment) as row:
        if row.status != TermSummary.Status.DRAFT:
            raise FlowError(_("The summary is handed in and stays as it is."), code="wrong_state")
        for part in summaries.PARTS:
            if part in parts:
                setattr(row, part, parts[part].strip())
        row.author_id = row.author_id or by.person_id


def rewrite_summary(summary: TermSummary, *, by: Actor, comment: str = "") -> None:
    """Write the text from the records once more; what was edited is gone, as the question before it says."""
    write_summary(summary, by=by, comment=comment, **summaries.draft(summary.major, summary.term))


def submit_summary(summary: TermSummary, *, by: Actor, comment: str = "") -> None:
    """Hand in: all four parts are written, and the numbers are kept as they are today, with the way to their rows."""
    lacking = [
        TermSummary._meta.get_field(part).verbose_name for part in summaries.PARTS if not getattr(summary, part).strip()
    ]
    if lacking:
        raise ValidationError(
            _("These parts are still empty: %(parts)s."),
            code="empty",
            params={"parts": "、".join(str(part) for part in lacking)},
        )
    told = summaries.of(summary.major, summary.term)
    with step(summary, "submit", by=by, comment=comment) as row:
        row.submitted_on = timezone.localdate()
        row.figures = {figure.key: figure.frozen() for figure in told}


def return_summary(summary: TermSummary, *, by: Actor, comment: str = "") -> None:
    """Send a summary back to its author; its numbers are those of today again."""
    with step(summary, "send_back", by=by, comment=comment) as row:
        row.submitted_on, row.figures = None, {}


# Demonstration bases ----------------------------------------------------------------------------------------------


def grow(base: Base, *, by: Actor, major: Major, level: str, target_on: date | None = None, comment: str = "") -> str:
    """培育: begin to grow a base into a demonstration base of a major; returns the address of its page."""
    recognition = BaseRecognition(
        base=base,
        major=major,
        level=level,
        owner_id=by.person_id,
        growing_since=timezone.localdate(),
        target_on=target_on,
    )
    recognition.statement = criteria.draft(recognition, timezone.localdate())
    add(recognition, by=by, comment=comment)
    sheet = sheet_for(BaseRecognition)
    return sheet.url("detail", recognition.pk) if sheet else ""


def prefill(recognition: BaseRecognition, *, by: Actor, comment: str = "") -> None:
    """Write the application from the records once more."""
    with changing(recognition, "prefill", by=by, comment=comment) as row:
        if row.status != BaseRecognition.Status.GROWING:
            raise FlowError(_("The application is handed in and stays as it is."), code="wrong_state")
        row.statement = criteria.draft(row, timezone.localdate())


def apply_for(recognition: BaseRecognition, *, by: Actor, comment: str = "") -> None:
    """申报: the base meets every criterion of the level; the numbers are kept as they are today."""
    today = timezone.localdate()
    if not recognition.statement.strip():
        raise ValidationError(_("Write the application first."), code="empty")
    missed = [check for check in criteria.check(recognition, today, with_score=False) if not check.met]
    if missed:
        told = "；".join(
            str(_("%(criterion)s: %(have)s of %(asked)s"))
            % {
                "criterion": check.figure.label,
                "have": check.figure.words,
                "asked": f"{float(check.criterion.minimum):,g}",
            }
            for check in missed
        )
        raise ValidationError(_("The base does not meet: %(missed)s."), code="missed", params={"missed": told})
    told_now = criteria.facts(recognition.base, recognition.major, today)
    with step(recognition, "apply", by=by, comment=comment) as row:
        row.applied_on = today
        row.figures = {key: figure.frozen() for key, figure in told_now.items() if figure.url}


def send_back(recognition: BaseRecognition, *, by: Actor, comment: str = "") -> None:
    """Back to those who grow the base; its numbers move again, and the experts judge anew what is handed in then."""
    with step(recognition, "send_back", by=by, comment=comment) as row:
        row.applied_on, row.figures = None, {}
        _close_links(row)
        judged = row.reviews.filter(reviewed_on__isnull=False)
        keys = list(judged.values_list("pk", flat=True))
        judged.update(score=None, opinion="", reviewed_on=None, updated_at=timezone.now())
        changes.touched(RecognitionReview, keys)


def invite(recognition: BaseRecognition, *, by: Actor, experts: str, comment: str = "") -> int:
    """Ask experts, one a line, each with the organisation after a comma. Returns how many are new."""
    if not by.can_on(recognition, "approve"):
        raise FlowError(_("You may not change this record."), code="forbidden")
    if recognition.status != BaseRecognition.Status.APPLIED:
        raise FlowError(_("Experts judge what was applied for."), code="wrong_state")
    there = set(recognition.reviews.values_list("expert", flat=True))
    made = 0
    with transaction.atomic():
        for line in filter(None, (line.strip() for line in experts.splitlines())):
            name, _comma, where = line.replace("，", ",").partition(",")
            if name.strip() and name.strip() not in there:
                review = RecognitionReview(
                    recognition=recognition, expert=name.strip()[:80], organisation_name=where.strip()[:120]
                )
                add(review, by=by, comment=comment, follows=True)
                there.add(name.strip())
                made += 1
    return made


def score(review: RecognitionReview, *, by: Actor, score: Decimal, opinion: str = "", comment: str = "") -> None:
    """One expert's score and opinion, while the review is open: by the expert, or by whoever runs the review."""
    if review.recognition.status != BaseRecognition.Status.APPLIED:
        raise FlowError(_("The review is closed."), code="wrong_state")
    if not may_score(review, by):
        raise FlowError(_("The score is the expert's own."), code="forbidden")
    said = {"score": str(score)}
    with changing(review, "score", by=by, comment=comment, capability="view", **said) as row:
        row.score, row.opinion, row.reviewed_on = score, opinion.strip(), timezone.localdate()


def ask_expert(review: RecognitionReview, *, by: Actor, email: str = "", days: int = 14, comment: str = "") -> Handed:
    """A link by which an expert from outside reads the application and scores it, without an account."""
    if not by.can_on(review, "change"):
        raise FlowError(_("You may not change this record."), code="forbidden")
    if not is_open(review):
        raise FlowError(_("The review is closed."), code="wrong_state")
    subject = gettext("Please judge the application of a demonstration base: %(base)s") % {
        "base": review.recognition.base.name
    }
    return hand(REVIEW, review, subject, by=by, name=review.expert, email=email, days=days)


def _close_links(recognition: BaseRecognition) -> None:
    """The experts' links stop working with the review."""
    keys = list(recognition.reviews.values_list("pk", flat=True))
    links.revoke(links.of_records(RecognitionReview, keys, REVIEW))


def judge(recognition: BaseRecognition, *, by: Actor, comment: str = "") -> None:
    """Close the review: every expert has scored, three at least, and the mean is kept."""
    reviews = recognition.reviews.filter(archived_at=None)
    open_ones = list(reviews.filter(reviewed_on=None).values_list("expert", flat=True))
    if open_ones:
        raise ValidationError(
            _("These experts have not scored yet: %(names)s."), code="open", params={"names": "、".join(open_ones)}
        )
    if reviews.count() < 3:
        raise ValidationError(_("Three experts at least judge a demonstration base."), code="too_few")
    with step(recognition, "judge", by=by, comment=comment) as row:
        row.score = Decimal(str(criteria.mean_score(row)))
        _close_links(row)


def publish(
    recognition: BaseRecognition, *, by: Actor, public_from: date, public_until: date, comment: str = ""
) -> None:
    """公示: only what reached the score, and for five days at least."""
    missed = [check for check in criteria.check(recognition, timezone.localdate()) if not check.met]
    if missed:
        raise ValidationError(
            _("The base does not meet: %(missed)s."),
            code="missed",
            params={"missed": "；".join(str(check.figure.label) for check in missed)},
        )
    if public_until < public_from + timedelta(days=PUBLIC_DAYS - 1):
        raise ValidationError(
            _("It is made public for %(days)s days at least."), code="too_short", params={"days": PUBLIC_DAYS}
        )
    with step(recognition, "publish", by=by, comment=comment, until=public_until.isoformat()) as row:
        row.public_from, row.public_until = public_from, public_until


def recognise(
    recognition: BaseRecognition,
    *,
    by: Actor,
    recognised_on: date,
    number: str,
    plaque: str = "",
    comment: str = "",
) -> None:
    """认定授牌: after the days in public; it is checked again after three years."""
    not_in_future(recognised_on)
    if recognition.public_until and recognised_on <= recognition.public_until:
        raise ValidationError(
            _("It is public until %(day)s."), code="public", params={"day": recognition.public_until.isoformat()}
        )
    with step(recognition, "recognise", by=by, comment=comment, number=number) as row:
        row.recognised_on, row.number, row.plaque = recognised_on, number, plaque
        row.recheck_due = _years_on(recognised_on, RECHECK_YEARS)


def recheck(recognition: BaseRecognition, *, by: Actor, rechecked_on: date, comment: str = "") -> None:
    """三年复核: it still meets the criteria of its level, and counts for three years more."""
    not_in_future(rechecked_on)
    # The numbers of the day, not those of the application three years ago.
    fresh = BaseRecognition(
        base=recognition.base, major=recognition.major, level=recognition.level, score=recognition.score
    )
    missed = [check for check in criteria.check(fresh, rechecked_on, with_score=False) if not check.met]
    if missed:
        raise ValidationError(
            _("The base does not meet: %(missed)s."),
            code="missed",
            params={"missed": "；".join(str(check.figure.label) for check in missed)},
        )
    with step(recognition, "recheck", by=by, comment=comment, rechecked_on=rechecked_on.isoformat()) as row:
        row.rechecked_on = rechecked_on
        row.recheck_due = _years_on(rechecked_on, RECHECK_YEARS)


def may_score(review: RecognitionReview, by: Actor) -> bool:
    """Whether somebody may enter this expert's score."""
    own = review.person_id is not None and review.person_id == by.person_id
    return own or by.can_on(review, "change")


def is_open(review: RecognitionReview) -> bool:
    """Whether the review is still open."""
    return review.recognition.status == BaseRecognition.Status.APPLIED


def unlocked(record: Any) -> bool:
    """Whether a paper is still being written."""
    return record.status in (TermSummary.Status.DRAFT, BaseRecognition.Status.GROWING)
