"""The product's own settings, with Django admin and the bare views beside it so that both sides run in one process."""

import tempfile
from pathlib import Path

from config.settings.base import *  # noqa: F403

DATABASES["default"]["TEST"] = {"NAME": "zhixing_bench"}  # noqa: F405
ROOT_URLCONF = "benchmarks.urls"
INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.admin"]  # noqa: F405
TEMPLATES[0]["DIRS"] = [Path(__file__).parent / "templates"]  # type: ignore[index]  # noqa: F405
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
ALLOWED_HOSTS = ["*"]
STORAGES["default"]["OPTIONS"]["location"] = Path(tempfile.gettempdir()) / "zhixing-bench"  # noqa: F405
# Admin asks for its own position in the middleware; the product's session and login stand already.
SILENCED_SYSTEM_CHECKS = ["admin.E410"]
