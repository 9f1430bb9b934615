"""Finding: the search over all types, suggestions while a name is typed, and lists kept under a name."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from zhixing.kernel import values
from zhixing.kernel.filtering import address, search
from zhixing.kernel.forms import candidates, naming_words, pickable
from zhixing.kernel.models import SavedView
from zhixing.kernel.scope import Actor
from zhixing.kernel.searching import Found, find_everywhere
from zhixing.kernel.typed import whole
from zhixing.kernel.views import sheet_of

# Hits of one record type on the page of results.
_HITS = 5


@require_POST
def save_view(request: HttpRequest, domain: str, name: str) -> HttpResponse:
    """Keep this list's filters, columns and order under a name, or drop one."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    sheet = sheet_of(request, domain, name)
    if request.POST.get("delete"):
        dropped = whole(request.POST["delete"])
        SavedView.objects.filter(user_id=actor.user_id, record_type=sheet.key, pk=dropped).delete()
        messages.success(request, _("The view is gone."))
        return redirect(sheet.url("list"))
    title = request.POST.get("name", "").strip()[:60]
    if not title:
        messages.error(request, _("Give the view a name."))
        return redirect(sheet.url("list"))
    query = request.POST.get("query", "")
    SavedView.objects.update_or_create(
        user_id=actor.user_id, record_type=sheet.key, name=title, defaults={"query": query}
    )
    messages.success(request, _("The view “%(name)s” is saved.") % {"name": title})
    return redirect(f"{sheet.url('list')}?{query}")


@require_GET
def pick(request: HttpRequest, domain: str, name: str) -> HttpResponse:
    """Suggestions while somebody types the name of a record; only records they may see."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    model = pickable(f"{domain}.{name}")
    words = (request.GET.get("q") or next(iter(request.GET.values()), "")).strip()
    rows = candidates(model, actor)
    found = search(rows, tuple(model.lookup), words).order_by(*(model._meta.ordering or ("pk",)))[:12] if words else []  # type: ignore[attr-defined]
    needs = getattr(model, "title_needs", ())
    found = found.select_related(*needs) if needs and words else found  # type: ignore[union-attr]
    names = [naming_words(item) for item in found]
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"results": names}, json_dumps_params={"ensure_ascii": False})
    return render(request, "kernel/widgets/options.html", {"names": names})


@require_GET
def search_page(request: HttpRequest) -> HttpResponse:
    """Search over the names and codes of every record type the actor may see; two Chinese characters are enough."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    words = request.GET.get("q", "").strip()
    return render(
        request,
        "kernel/search.html",
        {"query": words, "groups": [_hits(found, request.GET) for found in find_everywhere(actor, words, _HITS + 1)]},
    )


def _hits(found: Found, query: QueryDict) -> dict[str, Any]:
    """One record type on the page of results; a hit more than are shown leads to its list."""
    sheet = found.sheet
    hits = [
        {
            "title": str(item),
            "text": " · ".join(filter(None, (values.text(sheet, item, path) for path in found.columns))),
            "url": sheet.url("detail", item.pk),
            "icon": sheet.icon,
        }
        for item in found.records[:_HITS]
    ]
    more = f"{sheet.url('list')}{address(query)}" if len(found.records) > _HITS else ""
    count = found.rows.count() if more else len(hits)
    return {"label": sheet.label_plural, "icon": sheet.icon, "hits": hits, "count": count, "all_url": more}
