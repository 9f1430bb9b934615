"""The pages of papers: the yearly statement, the writer of term summaries, the board of demonstration bases."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from zhixing.bases import actions, criteria, figures, paper_actions, queries, statements, summaries
from zhixing.bases.models import Base, BaseRecognition, BenefitStatement, TermSummary
from zhixing.bases.panels import address
from zhixing.bases.views import crumbs_of, record_or_404, refused_words
from zhixing.kernel import links
from zhixing.kernel.forms import candidates
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.kernel.typed import whole
from zhixing.org.models import Major, Term


@require_GET
def statement_page(request: HttpRequest, pk: int) -> HttpResponse:
    """校企互惠账单: what each side gave in the year, line by line, each with its rows; printable, with who confirmed it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    statement = record_or_404(BenefitStatement, actor, pk)
    sides = statements.sides(statement)
    sheet = sheet_for(BenefitStatement)
    may_change = actor.can_on(statement, "change")
    context = {
        "statement": statement,
        "base_url": address(statement.base, actor),
        "record_url": address(statement, actor),
        "sides": [
            {
                "label": _("The firm gave") if giver == statements.FIRM else _("The school gave"),
                "lines": lines,
                "worth": statements.worth(lines),
            }
            for giver, lines in sides.items()
        ],
        "moved": statement.status in ("draft", "disputed") and statements.moved(statement),
        "acts": [
            {"url": sheet.url("act", statement.pk, key=action.key), "label": action.label, "icon": action.icon,
             "primary": action.primary}
            for action in (sheet.actions if sheet and may_change else ())
            if action.available(statement)
        ],
        "links": [
            {"link": link, "state": links.why_closed(link) or ("opened" if link.opened_count else "sent")}
            for link in (links.of_record(statement, actions.CONFIRM)[:6] if may_change else ())
        ],
        "crumbs": crumbs_of(BenefitStatement, str(statement)),
    }  # fmt: skip
    return render(request, "bases/statement.html", context)


# Term summaries ---------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def summaries_page(request: HttpRequest) -> HttpResponse:
    """Which majors owe a summary for a term, and one click that writes the first text of it (D-46)."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.can(TermSummary):
        raise PermissionDenied(_("Your role does not include this."))
    terms = list(candidates(Term, actor).filter(starts_on__lte=timezone.localdate()).select_related("year")[:6])
    term = next(
        (one for one in terms if request.GET.get("term") in (str(one.pk), str(one))), terms[0] if terms else None
    )
    majors = Major.objects.all().visible_to(actor).filter(archived_at=None, ends_on=None)
    if request.method == "POST":
        if not actor.can(TermSummary, "add"):
            raise PermissionDenied(_("Your role does not include this."))
        major = get_object_or_404(majors, pk=whole(request.POST.get("major")))
        try:
            if term is None:
                raise ValidationError(_("There is no term yet."))
            summary = paper_actions.begin_summary(major, term, by=actor)
            return redirect("term-summary", pk=summary.pk)
        except ValidationError as refused:
            messages.error(request, refused_words(refused))
            return redirect(request.get_full_path())
    rows = TermSummary.objects.all().visible_to(actor).filter(term=term, archived_at=None).select_related("author")
    there = {row.major_id: row for row in rows}
    reach = actor.reach(TermSummary, "add")
    listed = []
    for major in majors.select_related("unit", "leader", "group__leader").order_by("unit__code", "code"):
        own = actor.person_id is not None and actor.person_id in (
            major.leader_id,
            major.group.leader_id if major.group else None,
        )
        listed.append(
            {
                "major": major,
                "summary": there.get(major.pk),
                "may_begin": reach.everything or major.unit_id in reach.units or (reach.own and own),
                "late": term is not None and term.ends_on < timezone.localdate(),
            }
        )
    # Whoever may write sees the own majors first.
    listed.sort(key=lambda row: not row["may_begin"])
    done = sum(1 for row in listed if row["summary"] and row["summary"].status != "draft")
    context = {
        "term": term,
        "terms": terms,
        "rows": listed,
        "done": done,
        "crumbs": crumbs_of(TermSummary, _("Summaries of a term")),
    }
    return render(request, "bases/summaries.html", context)


class SummaryForm(forms.ModelForm):
    class Meta:
        model = TermSummary
        fields = summaries.PARTS
        widgets = {part: forms.Textarea(attrs={"rows": 6, "class": "zx-input"}) for part in summaries.PARTS}


@require_http_methods(["GET", "POST"])
def summary_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Write, check, hand in: the text beside its numbers, each number a link to its rows (three clicks to hand in)."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    summary = record_or_404(TermSummary, actor, pk)
    may_write = summary.status == TermSummary.Status.DRAFT and actor.can_on(summary, "change")
    if request.method == "POST" and not may_write:
        raise PermissionDenied(_("The summary is handed in and stays as it is."))
    form = SummaryForm(request.POST or None, instance=TermSummary.objects.get(pk=summary.pk))
    if request.method == "POST" and form.is_valid():
        try:
            said = {part: form.cleaned_data[part] for part in summaries.PARTS}
            paper_actions.write_summary(summary, by=actor, **said)
            if request.POST.get("do") == "submit":
                paper_actions.submit_summary(summary, by=actor)
                messages.success(request, _("The summary is handed in."))
            else:
                messages.success(request, _("Saved."))
            return redirect("term-summary", pk=pk)
        except ValidationError as refused:
            form.add_error(None, refused.messages)
    told = summaries.figures_of(summary)
    context = {
        "summary": summary,
        "record_url": address(summary, actor),
        "form": form,
        "may_write": may_write,
        "figures": list(told.values()),
        "parts": [
            {
                "label": TermSummary._meta.get_field(part).verbose_name,
                "text": figures.linked(getattr(summary, part), told),
            }
            for part in summaries.PARTS
        ],
        "crumbs": [
            {"label": _("Summaries of a term"), "url": f"{reverse('term-summaries')}?term={summary.term_id}"},
            {"label": str(summary), "url": ""},
        ],
    }
    return render(request, "bases/summary.html", context, status=422 if form.is_bound and form.errors else 200)


# Demonstration bases ----------------------------------------------------------------------------------------------


@require_GET
def nearest_page(request: HttpRequest) -> HttpResponse:
    """Leads a major without a demonstration base to the growing of the base that is nearest to the criteria (D-45)."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.can(BaseRecognition, "add"):
        raise PermissionDenied(_("Your role does not include this."))
    majors = Major.objects.all().visible_to(actor)
    major = majors.filter(pk=whole(request.GET.get("major")), archived_at=None).first()
    sheet = sheet_for(Base)
    if major is None or sheet is None:
        return redirect("demonstration-board")
    base = criteria.nearest(major, Base.objects.all().visible_to(actor, "change"), timezone.localdate())
    if base is None:
        messages.info(request, _("No base in use serves %(major)s that is not on its way yet.") % {"major": major.name})
        return redirect("demonstration-board")
    return redirect(f"{sheet.url('act', base.pk, key='grow')}?major={major.pk}")


_LANES = ("growing", "applied", "reviewed", "public", "recognised")
# How many cards a lane shows; the rest is in the list.
_SHOWN = 10


@require_GET
def board_page(request: HttpRequest) -> HttpResponse:
    """示范基地: every base on its way, lane by lane, what it lacks, and the majors that have none (D-45)."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.can(BaseRecognition):
        raise PermissionDenied(_("Your role does not include this."))
    today = timezone.localdate()
    rows = list(
        BaseRecognition.objects.all()
        .visible_to(actor)
        .filter(archived_at=None)
        .exclude(status__in=("refused", "revoked"))
        .select_related("base__organisation", "major__unit")
        .order_by("major__unit__code", "major__code")
    )
    lanes: dict[str, list[BaseRecognition]] = {status: [] for status in _LANES}
    for row in rows:
        lanes[row.status].append(row)
    # Of many that are recognised, those to be checked again first.
    lanes[BaseRecognition.Status.RECOGNISED].sort(key=lambda row: row.recheck_due or date.max)

    def card_of(row: BaseRecognition) -> dict[str, Any]:
        card: dict[str, Any] = {"row": row, "url": address(row, actor), "missed": []}
        if row.status == BaseRecognition.Status.GROWING:
            checks = criteria.check(row, today, with_score=False)
            card["checks"] = len(checks)
            card["met"] = sum(check.met for check in checks)
            card["missed"] = [check.figure.label for check in checks if not check.met]
        if row.status == BaseRecognition.Status.RECOGNISED and row.recheck_due:
            card["days"] = (row.recheck_due - today).days
        return card

    labels = dict(BaseRecognition.Status.choices)
    have = set(queries.recognised(today).values_list("major", flat=True))
    coming = {row.major_id for row in rows if row.status != BaseRecognition.Status.RECOGNISED}
    majors = Major.objects.all().visible_to(actor).filter(archived_at=None, ends_on=None).select_related("unit")
    bare = [major for major in majors.order_by("unit__code", "code") if major.pk not in have]
    bases, recognitions = sheet_for("bases.base"), sheet_for(BaseRecognition)
    context = {
        "lanes": [
            {
                "label": labels[status],
                "number": len(lanes[status]),
                # The criteria are asked only of what is shown.
                "cards": [card_of(row) for row in lanes[status][:_SHOWN]],
                "url": f"{recognitions.url('list')}?status={status}" if recognitions else "",
            }
            for status in _LANES
        ],
        "bare": [
            {
                "major": major,
                "coming": major.pk in coming,
                "url": f"{bases.url('list')}?majors={major.pk}&kind=off_campus&status=in_use" if bases else "",
            }
            for major in bare
        ],
        "have": len(have),
        "all": majors.count(),
        "crumbs": crumbs_of(BaseRecognition, _("On the way and recognised")),
    }
    return render(request, "bases/board.html", context)
