"""The demo and the developer's machine."""

from config.settings.base import *  # noqa: F403

DEBUG = flag("DEBUG")  # noqa: F405
