"""Pages of running placements: the student's week on a phone, and the supervisor's day, journals, route and visits."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhixing.kernel import events
from zhixing.kernel.models import File
from zhixing.kernel.scope import Actor, type_key
from zhixing.kernel.sheet import sheet_for
from zhixing.kernel.typed import whole, wholes, words
from zhixing.org.calendar import monday_of
from zhixing.partners.models import Organisation
from zhixing.practice import presence, running_archive, running_grades, running_links
from zhixing.practice import running_actions as actions
from zhixing.practice import running_api as api
from zhixing.practice import running_queries as queries
from zhixing.practice import running_weeks as weeks
from zhixing.practice.placements import Placement
from zhixing.practice.running import Visit, WeekEntry
from zhixing.practice.running_cases import Complaint
from zhixing.practice.running_numbers import RunRule, number_on
from zhixing.practice.running_results import Evaluation


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def _may(actor: Actor, key: str, capability: str) -> None:
    if not actor.can(key, capability):
        raise PermissionDenied(_("Your role does not include this."))


def _detail(record: Any) -> str:
    sheet = sheet_for(type(record))
    return sheet.url("detail", record.pk) if sheet else ""


# The student's week -----------------------------------------------------------------------------------------------


def _mondays(state: dict[str, Any]) -> list[dict[str, Any]]:
    """The weeks that a phone offers: this one and the last; the last is proposed while it is missing."""
    this = monday_of(timezone.localdate())
    handed = {row["monday"] for row in state["weeks"]}
    starts = state["placement"]["starts_on"] if state["placement"] else this
    offered = [day for day in (this - timedelta(days=7), this) if day + timedelta(days=6) >= starts] or [this]
    proposed = next((day for day in offered if day not in handed), this)
    return [
        {"day": day, "end": day + timedelta(days=6), "handed": day in handed, "chosen": day == proposed}
        for day in offered
    ]


@never_cache
@require_http_methods(["GET", "POST"])
def week_page(request: HttpRequest) -> HttpResponse:
    """The week in ten seconds. With `?shell=1` the page without anybody's data, for the phone to keep."""
    actor = _actor(request)
    api.student(actor, "view")
    shell = "shell" in request.GET
    placement = None if shell else weeks.placement_of(actor)
    fault = ""
    if request.method == "POST":
        try:
            kept = weeks.hand_in(weeks.read(request.POST.dict(), timezone.now()), by=actor)
            said = (
                _("Your week is handed in.")
                if kept.code is not False
                else _("Your week is handed in, but the code was not right.")
            )
            messages.success(request, said)
            return redirect("practice-week")
        except ValidationError as refused:
            fault = "；".join(refused.messages)
    state = weeks.state_of(placement)
    last = state["weeks"][0] if state["weeks"] else None
    context = {
        "shell": shell,
        # The frame of a signed-in page names its reader; what is kept on the phone names nobody.
        "page": "base_outside.html" if shell else "base.html",
        "state": state,
        "state_json": json.dumps(state, cls=DjangoJSONEncoder, ensure_ascii=False),
        "placement": placement,
        "placement_url": _detail(placement) if placement else "",
        "acts": _acts(placement) if placement else [],
        "mondays": _mondays(state),
        "moods": [{"value": value, "label": label} for value, label in WeekEntry.Mood.choices],
        "last": last,
        "values": {
            "hours": request.POST.get("hours") or (last["hours"] if last else 40),
            "mood": _mood(request.POST.get("mood", ""), last["mood"] if last else WeekEntry.Mood.FAIR),
            "text": request.POST.get("text", ""),
            "code": request.POST.get("code") or request.GET.get("code", "")[:6],
        },
        "client_id": uuid.uuid4(),
        "kept_days": number_on(RunRule.Code.LOCATION_DAYS, timezone.localdate()),
        "fault": fault,
        "crumbs": [{"label": _("My week"), "url": ""}],
    }
    return render(request, "practice/week.html", context, status=422 if fault else 200)


def _mood(given: str, before: int) -> int:
    """The mood to show as chosen: what was sent, where it is one."""
    return int(given) if given in {str(value) for value in WeekEntry.Mood.values} else before


def _acts(placement: Placement) -> list[dict[str, Any]]:
    """What else a student may start, each two taps away."""
    sheet = sheet_for(Placement)
    found = []
    if sheet and placement.status == "running":
        for key, icon, label in (
            ("ask_leave", "calendar", _("Ask for leave")),
            ("ask_change", "refresh", _("Change or end early")),
            ("report_incident", "alert", _("Something happened")),
        ):
            found.append({"url": sheet.url("act", placement.pk, key=key), "icon": icon, "label": label})
    found.append({"url": reverse("practice-papers"), "icon": "upload", "label": _("Pay slip, work, report")})
    found.append({"url": reverse("practice-complain"), "icon": "message", "label": _("Complain")})
    if not Evaluation._base_manager.filter(placement=placement, side="student").exists():
        found.append(
            {"url": reverse("practice-evaluate", args=[placement.pk]), "icon": "star", "label": _("Evaluate the place")}
        )
    return found


@never_cache
@require_GET
def week_state(request: HttpRequest) -> HttpResponse:
    """What a phone needs before it sends what it kept: a token of today, and whose placement runs."""
    actor = _actor(request)
    api.student(actor, "view")
    state = weeks.state_of(weeks.placement_of(actor))
    return JsonResponse({**state, "csrf": get_token(request)}, encoder=DjangoJSONEncoder)


@login_not_required
@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The page's service worker: keeps the empty page and what it is drawn with, and sends what waits."""
    context = {"shell": reverse("practice-week") + "?shell=1", "queue": static("practice/week-queue.js")}
    response = render(request, "practice/worker.js", context, content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response


@login_not_required
@require_GET
def manifest(request: HttpRequest) -> HttpResponse:
    """What a phone shows when the page is put on its home screen."""
    said = {
        "name": _("My week") + " · " + _("Zhixing"),
        "short_name": _("My week"),
        "start_url": reverse("practice-week"),
        "scope": reverse("practice-week"),
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#0b5f7a",
        "icons": [{"src": static("zx/logo.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"}],
    }
    response = HttpResponse(
        json.dumps(said, ensure_ascii=False), content_type="application/manifest+json; charset=utf-8"
    )
    response.headers["Cache-Control"] = "max-age=3600"
    return response


@require_http_methods(["GET", "POST"])
def complain_page(request: HttpRequest) -> HttpResponse:
    """A complaint of a student, and the answers to earlier ones; nobody but the office reads it."""
    actor = _actor(request)
    api.student(actor, "view")
    fault = ""
    if request.method == "POST":
        subject = request.POST.get("subject", "")
        try:
            row = actions.complain(
                by=actor,
                subject=subject if subject in Complaint.Subject.values else Complaint.Subject.OTHER,
                text=words(request.POST.get("text"), 2000),
                placement=weeks.placement_of(actor),
                contact_phone=words(request.POST.get("phone"), 40),
            )
            messages.success(request, _("Your complaint %(number)s is with the office alone.") % {"number": row.number})
            return redirect("practice-complain")
        except ValidationError as refused:
            fault = "；".join(refused.messages)
    context = {
        "subjects": Complaint.Subject.choices,
        "earlier": Complaint.objects.filter(complainant=actor.person_id or 0, archived_at=None),
        "text": request.POST.get("text", ""),
        "fault": fault,
        "crumbs": [{"label": _("My week"), "url": reverse("practice-week")}, {"label": _("Complain"), "url": ""}],
    }
    return render(request, "practice/complain.html", context, status=422 if fault else 200)


@require_http_methods(["GET", "POST"])
def evaluate_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The student's word about the place: four sliders and words."""
    actor = _actor(request)
    api.student(actor, "view")
    placement = api.own(actor, pk)
    marks, text = running_links.read_marks(request.POST, pk)
    fault = ""
    if request.method == "POST":
        try:
            actions.evaluate(placement, "student", by=actor, marks=marks, text=text)
            messages.success(request, _("Thank you. The other side's word is shown to you once both are in."))
            return redirect("practice-week")
        except ValidationError as refused:
            fault = "；".join(refused.messages)
    context = {
        "placement": placement,
        "card": running_links.sliders(marks, text, pk, running_grades.least_pass(timezone.localdate())),
        "fault": fault,
        "crumbs": [
            {"label": _("My week"), "url": reverse("practice-week")},
            {"label": _("Evaluate the place"), "url": ""},
        ],
    }
    return render(request, "practice/evaluate.html", context, status=422 if fault else 200)


# The supervisor ---------------------------------------------------------------------------------------------------


@require_GET
def today_page(request: HttpRequest) -> HttpResponse:
    """Who needs me today, and the way round the firms."""
    actor = _actor(request)
    _may(actor, "practice.week_entry", "approve")
    today = timezone.localdate()
    day = queries.day_of(actor, today)
    context = {
        "day": day,
        "stops": queries.route_of(actor, today),
        "today": today,
        "now": timezone.now(),
        "last": monday_of(today) - timedelta(days=7),
        "groups": _groups(day),
        "placements_url": _placements_url(actor),
        "crumbs": [{"label": _("Who needs me today"), "url": ""}],
    }
    return render(request, "practice/today.html", context)


def _placements_url(actor: Actor) -> str:
    sheet = sheet_for(Placement)
    return f"{sheet.url('list')}?supervisor={actor.person_id}&status=running" if sheet else ""


def _groups(day: queries.Day) -> list[dict[str, Any]]:
    """The day's rows with the one act that settles each."""

    def rows(records: list[Any], icon: str, said: Any, *acts: tuple[str, Any]) -> list[dict[str, Any]]:
        sheet = sheet_for(type(records[0])) if records else None
        return [
            {
                "record": record,
                "icon": icon,
                "text": said(record),
                "url": _detail(record),
                "acts": [{"url": sheet.url("act", record.pk, key=key), "label": label} for key, label in acts if sheet],
            }
            for record in records
        ]

    def of(record: Any) -> Any:
        return record.placement.student.name + " · " + record.placement.post.organisation.name

    found = [
        (
            _("To be told"),
            rows(
                day.reports,
                "clock",
                lambda row: f"{row.get_recipient_display()} · {row.incident.placement.student.name}",
                ("tell", _("Told")),
            ),
        ),
        (
            _("Incidents"),
            rows(
                day.incidents, "alert", lambda row: f"{of(row)} · {row.get_kind_display()}", ("handle", _("Dealt with"))
            ),
        ),
        (
            _("Leaves"),
            rows(
                day.leaves,
                "calendar",
                lambda row: f"{of(row)} · {row.get_kind_display()} · {row.starts_on} – {row.ends_on}",
                ("grant", pgettext("leave", "Grant")),
                ("refuse", _("Refuse")),
            ),
        ),
        (
            _("Changes"),
            rows(
                day.changes,
                "refresh",
                lambda row: f"{of(row)} · {row.get_kind_display()} · {row.reason}",
                ("support", _("Support")),
            ),
        ),
        (
            _("Please look"),
            rows(
                day.checks,
                "search",
                lambda row: f"{of(row)} · {row.monday}",
                ("confirm", _("Found at work")),
                ("doubt", _("Not found")),
            ),
        ),
        (
            _("Brought by students"),
            rows(
                day.papers,
                "file",
                lambda row: f"{of(row)} · {row.paper.title}",
                ("vouch", _("Looked at")),
                ("doubt", _("Does not count")),
            ),
        ),
        (
            _("To be talked over"),
            rows(day.talks, "message", lambda row: f"{of(row)} · {row.text[:60]}", ("read", _("Settled"))),
        ),
        (
            _("Week missing"),
            [
                {
                    "record": row,
                    "icon": "book",
                    "text": f"{row.student.name} · {row.post.organisation.name}",
                    "url": _detail(row),
                    "acts": [],
                }
                for row in day.missing
            ],
        ),
    ]
    return [{"label": label, "rows": group} for label, group in found if group]


@require_http_methods(["GET", "POST"])
def journals_page(request: HttpRequest) -> HttpResponse:
    """The journals in a stream: one at a time, one key each, on to the next."""
    actor = _actor(request)
    _may(actor, "practice.week_entry", "approve")
    everybody = "all" in request.GET
    rows = queries.unread_of(actor)
    if not everybody:
        rows = rows.filter(placement__supervisor=actor.person_id or 0)
    if request.method == "POST":
        entry = get_object_or_404(
            WeekEntry.objects.all().visible_to(actor, "approve"),  # type: ignore[attr-defined]
            pk=whole(request.POST.get("entry")) or 0,
        )
        verb = request.POST.get("verb", "")
        if verb not in ("read", "praise", "talk"):
            raise Http404
        try:
            actions.mark_week(entry, verb, by=actor, comment=words(request.POST.get("comment"), 300))
        except ValidationError as refused:
            messages.error(request, "；".join(refused.messages))
        return redirect(reverse("practice-journals") + ("?all=1" if everybody else ""))
    after = whole(request.GET.get("after"))
    waiting = rows.select_related("placement__student__cohort", "placement__post__organisation", "placement__mentor")
    entry = waiting.filter(pk=after).first() if after else None
    keys = list(rows.values_list("pk", flat=True)[:200])
    entry = entry or waiting.first()
    following = (
        keys[keys.index(entry.pk) + 1] if entry and entry.pk in keys and keys.index(entry.pk) + 1 < len(keys) else None
    )
    context = {
        "entry": entry,
        "waiting": rows.count(),
        "everybody": everybody,
        "skip_url": f"?{urlencode({'after': following, **({'all': 1} if everybody else {})})}" if following else "",
        "before": WeekEntry.objects.filter(placement=entry.placement_id, monday__lt=entry.monday).order_by("-monday")[
            :3
        ]
        if entry
        else [],
        "same": presence.same_words(entry) if entry else 0,
        "crumbs": [
            {"label": _("Who needs me today"), "url": reverse("practice-today")},
            {"label": _("Journals"), "url": ""},
        ],
    }
    return render(request, "practice/journals.html", context)


@require_POST
def visit_start(request: HttpRequest) -> HttpResponse:
    """From the route: I am at this firm now. Leads to the page for the phone."""
    actor = _actor(request)
    _may(actor, "practice.visit", "add")
    organisation = get_object_or_404(Organisation, pk=whole(request.POST.get("organisation")) or 0)
    placements = Placement.objects.filter(
        supervisor=actor.person_id or 0, post__organisation=organisation, status="running", archived_at=None
    ).select_related("plan__major__unit")
    mode = request.POST.get("mode", Visit.Mode.SITE)
    try:
        visit = actions.start_visit(
            organisation,
            by=actor,
            visited_on=timezone.localdate(),
            mode=mode if mode in Visit.Mode.values else Visit.Mode.SITE,
            placements=list(placements),
        )
    except ValidationError as refused:
        messages.error(request, "；".join(refused.messages))
        return redirect("practice-today")
    return redirect("practice-visit", pk=visit.pk)


@require_http_methods(["GET", "POST"])
def visit_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A visit on the phone: who was met, what was found, a photograph, and the mentor's signature on the spot."""
    actor = _actor(request)
    _may(actor, "practice.visit", "change")
    visit = get_object_or_404(
        Visit.objects.all().visible_to(actor, "change").select_related("organisation", "supervisor"),  # type: ignore[attr-defined]
        pk=pk,
    )
    fault = ""
    if request.method == "POST":
        try:
            said = _visit_act(request, visit, actor)
            messages.success(request, said)
            return redirect("practice-visit", pk=pk)
        except ValidationError as refused:
            fault = "；".join(refused.messages)
    met = set(visit.placements.values_list("pk", flat=True))
    there = Placement.objects.filter(post__organisation=visit.organisation, archived_at=None).filter(
        supervisor=visit.supervisor
    )
    files = File.objects.filter(record_type=type_key(visit), record_id=visit.pk).order_by("pk")
    context = {
        "visit": visit,
        "visit_url": _detail(visit),
        "placements": [
            {"row": row, "met": row.pk in met}
            for row in there.filter(status__in=("running", "ended")).select_related("student", "post", "mentor")
        ],
        "modes": Visit.Mode.choices,
        "mentor": next((row.mentor.name for row in there.select_related("mentor") if row.mentor), ""),
        "files": files,
        "values": {name: request.POST.get(name, "") for name in ("findings", "problems", "follow_up")},
        "fault": fault,
        "crumbs": [
            {"label": _("Who needs me today"), "url": reverse("practice-today")},
            {"label": visit.organisation.name, "url": ""},
        ],
    }
    return render(request, "practice/visit.html", context, status=422 if fault else 200)


def _visit_act(request: HttpRequest, visit: Visit, actor: Actor) -> str:
    posted = request.POST
    if posted.get("do") == "sign":
        actions.sign_visit(visit, by=actor, name=words(posted.get("name"), 80), ink=posted.get("ink", ""))
        return _("Signed by %(name)s.") % {"name": visit.mentor_name}
    if posted.get("do") == "photo":
        for file in request.FILES.getlist("photo"):
            actions.add_photo(visit, file, by=actor)
        return _("The photograph is kept.")
    minutes = whole(posted.get("minutes")) or 0
    actions.record_visit(
        visit,
        by=actor,
        findings=words(posted.get("findings"), 2000),
        mode=posted.get("mode", "") if posted.get("mode", "") in Visit.Mode.values else "",
        minutes=minutes if 0 < minutes <= 1440 else None,
        problems=words(posted.get("problems"), 2000),
        follow_up=words(posted.get("follow_up"), 300),
        placements=wholes(posted.getlist("met")),
    )
    for file in request.FILES.getlist("photo"):
        actions.add_photo(visit, file, by=actor)
    return _("The visit is on record.")


@require_http_methods(["GET", "POST"])
def archive_file(request: HttpRequest, pk: int) -> HttpResponse:
    """A student's archive as a zip; who took it is noted, and so it is asked for with a button, not with an address."""
    actor = _actor(request)
    _may(actor, "practice.placement", "view")
    placement = get_object_or_404(
        Placement.objects.all()
        .visible_to(actor)  # type: ignore[attr-defined]
        .select_related("student", "post__organisation", "plan", "supervisor", "mentor", "agreement"),
        pk=pk,
    )
    if request.method != "POST":
        crumbs = [
            {"label": str(placement), "url": _detail(placement)},
            {"label": pgettext("student", "Archive"), "url": ""},
        ]
        return render(request, "practice/archive.html", {"placement": placement, "crumbs": crumbs})
    content = running_archive.as_zip(placement)
    # A student's file leaving the house is worth a line in the log.
    events.log(placement, "exported", by=actor)
    response = HttpResponse(content, content_type="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="archive-{placement.student.number}.zip"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
