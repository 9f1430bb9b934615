"""What every installation of Zhixing shares. A college changes settings by environment variables, never by editing this file."""

import os
from pathlib import Path
from typing import Any

import django_stubs_ext
from django.utils.translation import gettext_lazy as _

from config import embedded
from config.secretfile import secret

django_stubs_ext.monkeypatch()

ROOT = Path(__file__).resolve().parent.parent.parent
HOME = Path(os.environ.get("ZHIXING_HOME", ROOT / ".zhixing"))


def flag(name: str, default: bool = False) -> bool:
    return os.environ.get(name, str(int(default))).lower() in {"1", "true", "yes", "on"}


def point(name: str, default: tuple[float, float]) -> tuple[float, float]:
    """Longitude and latitude, written as 110.28,20.02."""
    east, _comma, north = os.environ.get(name, "").partition(",")
    return (float(east), float(north)) if east and north else default


SECRET_KEY = os.environ.get("SECRET_KEY") or secret(HOME / "secret.key")
DEBUG = False
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("CSRF_TRUSTED_ORIGINS", "").split(",") if o]

# The domains in menu order stand in zhixing/catalog.py; this list only tells Django what to load.
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "django_filters",
    "axes",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "zhixing.intake",
    "zhixing.kernel",
    "zhixing.org",
    "zhixing.partners",
    "zhixing.governance",
    "zhixing.agreements",
    "zhixing.industry_colleges",
    "zhixing.cultivation",
    "zhixing.bases",
    "zhixing.practice",
    "zhixing.policy",
    "zhixing.insights",
    "zhixing.sample",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "zhixing.kernel.middleware.security_headers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "zhixing.kernel.middleware.no_zero_bytes",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "zhixing.org.middleware.actor_of_request",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "zhixing.kernel.context.shell",
            ],
            "builtins": ["zhixing.kernel.templatetags.zx", "django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]

DATABASES = {"default": embedded.database_settings(os.environ.get("DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "org.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "zhixing.org.accounts.PersonBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
# 等保2.0: five failures lock for half an hour; an idle session ends.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.5
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_VERBOSE = False
SESSION_COOKIE_AGE = int(os.environ.get("IDLE_MINUTES", "120")) * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "static/"
STATIC_ROOT = HOME / "static"
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": HOME / "files"}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

EMAIL_BACKEND = os.environ.get("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "zhixing@localhost")

# Each app's jobs stand in its jobs.py.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
PROCRASTINATE_IMPORT_PATHS = ["zhixing.kernel.import_jobs", "zhixing.practice.allocation_jobs"]

PGHISTORY_APPEND_ONLY = True
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")

# Product settings: what a college may set without touching code.
ZHIXING: dict[str, Any] = {
    "catalog": "zhixing.catalog",
    "frame": "zhixing.org.frame.frame",
    "role_name": "zhixing.org.roles.role_name",
    "role_holders": "zhixing.org.actors.holders",
    "demo": flag("ZHIXING_DEMO"),
    "demo_password": "zhixing-demo",
    # The address that people type, for links in mails.
    "base_url": os.environ.get("BASE_URL", "http://127.0.0.1:8000"),
    # Days after the due date on which a late task's owner is reminded; after the last, the owner's head is told too.
    "late_task_days": [1, 3, 7],
    # Where the school is, longitude and latitude in degrees: students who choose see how far a post is from it.
    "school_point": point("SCHOOL_POINT", (110.28, 20.02)),
    # Equipment that nobody used for so many days is idle; days after which a late delivery or safety check is told.
    "idle_equipment_days": 180,
    "late_delivery_days": [1, 30],
    "late_safety_days": [1, 7],
    # Registers with more rows are checked and written by a job that a page watches; larger files are opened by one too.
    "import_at_once": {"rows": 20_000, "bytes": 4 * 1024 * 1024},
    "max_upload_bytes": 200 * 1024 * 1024,
    "max_file_bytes": 50 * 1024 * 1024,
    # 32-byte key for resident ids and phones at rest; kept out of the database and its dumps.
    "field_key": os.environ.get("FIELD_KEY") or secret(HOME / "field.key"),
    # Who signs: without these, keys are made on first use in HOME/cert. A PKCS#12 file takes the place of the own certificate.
    "verify_key": os.environ.get("VERIFY_KEY", ""),
    "pdf_certificate": os.environ.get("PDF_CERTIFICATE", ""),
    "pdf_certificate_password": os.environ.get("PDF_CERTIFICATE_PASSWORD", ""),
    # Days for which a link to sign is good; after how many days without an answer each reminder leaves, and no more than these.
    "signing_days": 30,
    "signing_reminder_days": [3, 2, 1],
    # After the first notice of an agreement that expires (its kind says when): so many days before its last day another leaves.
    "agreement_notice_days": [30, 7],
    # Where text messages go: the console, or a gateway of the campus that takes one POST of JSON a message.
    "sms": {
        "backend": os.environ.get("SMS_BACKEND", "zhixing.kernel.gateways.Console"),
        "url": os.environ.get("SMS_URL", ""),
        "token": os.environ.get("SMS_TOKEN", ""),
        "sign": os.environ.get("SMS_SIGN", ""),
        "timeout": float(os.environ.get("SMS_TIMEOUT", "5")),
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
SILENCED_SYSTEM_CHECKS: list[str] = []
