"""Signing in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.utils.decorators import method_decorator

from zhixing.org.models import User


@method_decorator(login_not_required, name="dispatch")
class SignIn(LoginView):
    """The sign-in page. In demo mode, and only there, it lists the accounts of every role."""

    template_name = "registration/login.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if settings.ZHIXING["demo"]:
            context["demo_accounts"] = demo_accounts()
        return context


def demo_accounts() -> list[dict[str, Any]]:
    """One account for each role the sample college made, with the words by which a visitor chooses."""
    users = (
        User.objects.filter(username__startswith="demo-")
        .select_related("person__unit")
        .prefetch_related("person__memberships__unit")
        .order_by("pk")
    )
    accounts = []
    for user in users:
        membership = next(iter(user.person.memberships.all()), None) if user.person else None
        accounts.append(
            {
                "username": user.username,
                "password": settings.ZHIXING["demo_password"],
                "name": user.get_full_name(),
                "role_label": membership.get_role_display() if membership else "",
                "note": membership.unit.name if membership else "",
            }
        )
    return accounts
