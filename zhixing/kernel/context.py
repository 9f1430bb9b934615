"""What the frame around every page needs: menu, school, calendar, theme, unread notices."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from zhixing.kernel.models import Notice
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import domains


def menu(actor: Actor, path: str) -> list[dict[str, Any]]:
    """The domains and sheets this actor may open, in the catalogue's order."""
    groups = []
    for domain in domains():
        items: list[dict[str, Any]] = []
        for label, icon, name, *needs in domain.pages:
            if needs and not actor.can(needs[0]):
                continue
            address = reverse(name)
            # The home page is the beginning of every address.
            items.append(
                {
                    "label": label,
                    "icon": icon,
                    "url": address,
                    "active": path == address if address == "/" else path.startswith(address),
                }
            )
        for sheet in domain.sheets:
            if actor.can(sheet.model):
                address = sheet.url("list")
                items.append(
                    {
                        "label": sheet.label_plural,
                        "icon": sheet.icon,
                        "url": address,
                        "active": path.startswith(address),
                    }
                )
        if items:
            groups.append({"label": domain.label, "icon": domain.icon, "items": items})
    _mark_place(groups)
    return groups


def _mark_place(groups: list[dict[str, Any]]) -> None:
    """One item is where the reader is: the longest address that fits. Its group stands open; far from any, the first groups do."""
    fitting = [item for group in groups for item in group["items"] if item["active"]]
    here = max(fitting, key=lambda item: len(item["url"]), default=None)
    for place, group in enumerate(groups):
        for item in group["items"]:
            item["active"] = item is here
        inside = any(item["active"] for item in group["items"])
        group["open"] = inside or (place < 3 and (here is None or here["url"] == "/"))


def shell(request: HttpRequest) -> dict[str, Any]:
    """`zx` in every template; computed only when the template shows it."""
    user = getattr(request, "user", None)
    signed_in = bool(user and user.is_authenticated)
    frame: dict[str, Any] = {
        "mode": request.COOKIES.get("zx_mode", "auto")
        if request.COOKIES.get("zx_mode") in {"light", "dark", "auto"}
        else "auto",
        "theme": request.COOKIES.get("zx_theme", "bihai")
        if request.COOKIES.get("zx_theme") in {"bihai", "lijin"}
        else "bihai",
        "demo": settings.ZHIXING["demo"],
        "menu": [],
        "unread": 0,
        "role_label": "",
        "user_name": "",
    }
    frame.update(import_string(settings.ZHIXING["frame"])(request))
    if signed_in:
        actor: Actor = request.actor  # type: ignore[attr-defined]
        frame["menu"] = SimpleLazyObject(lambda: menu(actor, request.path))
        frame["unread"] = SimpleLazyObject(lambda: Notice.objects.filter(user_id=actor.user_id, read_at=None).count())
        frame["user_name"] = actor.name
        frame["user_links"] = [{"label": _("Operations for programs"), "icon": "link", "url": reverse("api-docs")}]
    return {"zx": frame}
