"""What the frame around every page needs: menu, school, calendar, theme, unread notices."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import import_string

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
            items.append({"label": label, "icon": icon, "url": address, "active": path == address if address == "/" else path.startswith(address)})
        for sheet in domain.sheets:
            if actor.can(sheet.model):
                address = sheet.url("list")
                items.append({"label": sheet.label_plural, "icon": sheet.icon, "url": address, "active": path.startswith(address)})
        if items:
            groups.append({"label": domain.label, "icon": domain.icon, "items": items, "active": any(item["active"] for item in items)})
    return groups


def shell(request: HttpRequest) -> dict[str, Any]:
    """`zx` in every template; computed only when the template shows it."""
    user = getattr(request, "user", None)
    signed_in = bool(user and user.is_authenticated)
    frame: dict[str, Any] = {
        "mode": request.COOKIES.get("zx_mode", "auto") if request.COOKIES.get("zx_mode") in {"light", "dark", "auto"} else "auto",
        "theme": request.COOKIES.get("zx_theme", "bihai") if request.COOKIES.get("zx_theme") in {"bihai", "lijin"} else "bihai",
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
    return {"zx": frame}
