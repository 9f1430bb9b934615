"""Notices: what was said to somebody, and the way to what it is about."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from zhixing.kernel.models import Notice
from zhixing.kernel.views import PAGE, page_numbers


@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """What was said to this person, newest first."""
    rows = Notice.objects.filter(user_id=request.actor.user_id).order_by("-created_at", "-pk")  # type: ignore[attr-defined]
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    items = [
        {
            "title": notice.message,
            "url": reverse("notice", args=[notice.pk]) if notice.url else "",
            "when": notice.created_at,
            "unread": notice.read_at is None,
            "icon": "bell",
        }
        for notice in page
    ]
    context = {"notices": items, "page": page_numbers(page, request.GET), "read_all_url": reverse("notices-read")}
    return render(request, "kernel/notices.html", context)


@require_GET
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the reader to what a notice is about."""
    found = get_object_or_404(Notice, pk=pk, user_id=request.actor.user_id)  # type: ignore[attr-defined]
    return redirect(found.url if found.url.startswith("/") else "notices")


@require_POST
def read_notices(request: HttpRequest) -> HttpResponse:
    """Mark everything as read."""
    Notice.objects.filter(user_id=request.actor.user_id, read_at=None).update(read_at=timezone.now())  # type: ignore[attr-defined]
    return redirect("notices")
