"""Accounts with their persons."""

from __future__ import annotations

from django.contrib.auth.backends import ModelBackend

from zhixing.org.models import User


class PersonBackend(ModelBackend):
    """Signs in by password, and brings the person along: every page shows their name."""

    def get_user(self, user_id: int) -> User | None:
        user = User._default_manager.select_related("person").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
