"""Tests fail on silence: an undefined template variable or an unordered queryset is an error."""

import os
import tempfile
from pathlib import Path

from config.settings.base import *  # noqa: F403

DEBUG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
AXES_ENABLED = False
ALLOWED_HOSTS = ["*"]
STORAGES["default"]["OPTIONS"]["location"] = Path(tempfile.gettempdir()) / f"zhixing-test-{os.getuid()}"  # noqa: F405
DATABASES["default"]["TEST"] = {"NAME": os.environ.get("TEST_DATABASE", "test_zhixing")}  # noqa: F405
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = "⟦undefined: %s⟧"  # type: ignore[index]  # noqa: F405
ZHIXING["demo"] = True  # noqa: F405
# No collected static files are looked for: the tests read them where they lie.
WHITENOISE_AUTOREFRESH = True
