"""The map of a training plan, a student's choices, and the page that sends a firm its link."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from zhixing.cultivation import actions, outside, queries
from zhixing.cultivation.models import Applicant, OrderClass, OrderPost, StudentRank, TrainingPlan
from zhixing.cultivation.order_class_forms import AskForm, ChoicesForm
from zhixing.cultivation.panels import address, links_of
from zhixing.kernel import links
from zhixing.kernel.models import Record
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.org.models import Student
from zhixing.partners.models import Organisation


def _crumbs(record: Record, last: Any) -> list[dict[str, Any]]:
    sheet = sheet_for(type(record))
    assert sheet is not None
    return [
        {"label": sheet.label_plural, "url": sheet.url("list")},
        {"label": str(record), "url": sheet.url("detail", record.pk)},
        {"label": last, "url": ""},
    ]


@require_GET
def plan_map_page(request: HttpRequest, pk: int) -> HttpResponse:
    """岗位—能力—课程: what the posts ask, which courses teach it, and where nothing does."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.can(TrainingPlan):
        raise PermissionDenied(_("Your role does not include this."))
    plan = get_object_or_404(TrainingPlan.objects.visible_to(actor).select_related("major"), pk=pk)
    drawn = queries.plan_map(plan)
    aims = [
        {
            "post": aim.post,
            "url": address(aim.post, actor),
            "abilities": [
                {
                    "ability": taught.ability,
                    "url": address(taught.ability, actor),
                    "courses": [{"course": course, "url": address(course, actor)} for course in taught.courses],
                }
                for taught in aim.abilities
            ],
        }
        for aim in drawn.aims
    ]
    context = {
        "plan": plan,
        "aims": aims,
        "map": drawn,
        "coverage": queries.coverage(plan),
        "unmapped": [{"course": course, "url": address(course, actor)} for course in drawn.unmapped_courses],
        "crumbs": _crumbs(plan, _("Posts, abilities, courses")),
    }
    return render(request, "cultivation/plan_map.html", context)


# A student's choices ----------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def choices_page(request: HttpRequest) -> HttpResponse:
    """我的志愿: the classes open to the student, their choices, and where they stand with earlier ones."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.can("cultivation.own_choices", "add"):
        raise PermissionDenied(_("This page is for students."))
    own = Student.objects.filter(person=actor.person_id or 0, archived_at=None)
    student = get_object_or_404(own.select_related("cohort__major"))
    posts = Prefetch("order_posts", OrderPost.objects.filter(archived_at=None).order_by("pk"))
    classes = list(queries.open_to(student).select_related("organisation", "major").prefetch_related(posts))
    living = Applicant.objects.filter(student=student, archived_at=None, order_class__in=classes)
    living = living.exclude(status=Applicant.Status.WITHDRAWN)
    chosen = StudentRank.objects.filter(applicant__in=living).order_by("rank", "pk")
    initial: dict[str, Any] = {f"choice{i}": pk for i, pk in enumerate(chosen.values_list("post_id", flat=True), 1)}
    first = living.exclude(statement="").first()
    initial["statement"] = first.statement if first else ""
    form = ChoicesForm(request.POST or None, classes=classes, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.save_choices(student, form.chosen, by=actor, statement=form.cleaned_data["statement"])
            messages.success(request, _("Your choices are with the college."))
            return redirect("my-choices")
        except ValidationError as refused:
            form.add_error(None, refused.messages)
    told = student.applications.filter(archived_at=None).select_related("order_class__organisation")
    context = {
        "student": student,
        "classes": classes,
        "form": form,
        "applications": told.order_by("-applied_on", "-pk"),
        "roster": student.order_classes.filter(archived_at=None).select_related("order_class", "post"),
        "today": timezone.localdate(),
        "crumbs": [{"label": _("My choices"), "url": ""}],
    }
    return render(request, "cultivation/choices.html", context, status=422 if form.is_bound else 200)


# Asking a firm ----------------------------------------------------------------------------------------------------


def _asked(what: str, pk: int, actor: Actor) -> tuple[Record, str, Any, str]:
    """What a firm is asked about: the record, the purpose, the firms that can be asked, and the words of the mail."""
    model: type[Record] = {"plan": TrainingPlan, "class": OrderClass}.get(what)  # type: ignore[assignment]
    if model is None:
        raise Http404
    if not actor.can(model):
        raise PermissionDenied(_("Your role does not include this."))
    record = get_object_or_404(model.objects.visible_to(actor), pk=pk)
    if not actor.can_on(record, "change"):
        raise PermissionDenied(_("You may not change this record."))
    if isinstance(record, TrainingPlan):
        return record, outside.SIGN_PLAN, record.organisations.order_by("name"), _("Please read and sign “%(title)s”")
    firms = Organisation.objects.filter(pk=record.organisation_id)  # type: ignore[attr-defined]
    return record, outside.RANK, firms, _("Please rank the applicants of “%(title)s”")


@require_http_methods(["GET", "POST"])
def ask_page(request: HttpRequest, what: str, pk: int) -> HttpResponse:
    """Make a link for somebody of a firm, mail it or show it once; and see what became of earlier ones."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    record, purpose, firms, words = _asked(what, pk, actor)
    form = AskForm(request.POST or None, organisations=firms, initial=_contact(firms.first()))
    made = ""
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        made = links.issue(
            purpose,
            record,
            name=asked["name"],
            by=actor,
            days=asked["days"],
            data={"organisation": asked["organisation"].pk},
        )
        if asked["email"]:
            _mail(asked["email"], words % {"title": record}, asked["name"], made)
            messages.success(request, _("The link has gone to %(email)s.") % {"email": asked["email"]})
    context = {
        "record": record,
        "record_url": address(record, actor),
        "form": form,
        "made": made,
        "links": links_of(record, purpose),
        "heading": words % {"title": record},
        "crumbs": _crumbs(record, _("Ask the firm")),
    }
    return render(request, "cultivation/ask.html", context, status=422 if form.is_bound and not made else 200)


def _contact(firm: Organisation | None) -> dict[str, Any]:
    """The firm's first contact, as a proposal."""
    contact = firm.contacts.filter(archived_at=None).order_by("pk").first() if firm else None
    return {"organisation": firm, "name": contact.name if contact else "", "email": contact.email if contact else ""}


def _mail(email: str, subject: str, name: str, link: str) -> None:
    body = _("Dear %(name)s,\n\n%(subject)s:\n%(link)s\n\nThe link is meant for you alone.") % {
        "name": name,
        "subject": subject,
        "link": link,
    }
    transaction.on_commit(lambda: EmailMessage(subject, body, None, [email]).send())
