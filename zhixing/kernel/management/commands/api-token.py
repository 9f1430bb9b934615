"""Give a program a key to the API. The key is shown once; only its digest is kept."""

import json
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from zhixing.kernel.api_access import digest, new_token
from zhixing.kernel.models import ApiToken


class Command(BaseCommand):
    help = "Make an API key that acts as USER, or revoke one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="the account whose rights the key has")
        parser.add_argument("name", help="what the key is for")
        parser.add_argument("--revoke", action="store_true", help="end the keys of this name at once")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        user = get_user_model().objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active account {options['user']!r}.", returncode=2)
        live = ApiToken.objects.filter(user=user, name=options["name"], revoked_at=None)
        if options["revoke"]:
            count = live.update(revoked_at=timezone.now())
            if not count:
                raise CommandError(f"{user.username} has no key {options['name']!r} in force.", returncode=2)
            self.stdout.write(json.dumps({"revoked": count}) if options["json"] else f"{count} revoked")
            return
        token = new_token()
        ApiToken.objects.create(user=user, name=options["name"], digest=digest(token))
        self.stdout.write(json.dumps({"token": token}) if options["json"] else token)
