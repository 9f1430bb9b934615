"""A large register is read, checked and written as work that a page watches; a small one while its reader waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from zhixing.intake.cleaning import ReadError
from zhixing.kernel import importing
from zhixing.kernel import progress as watching
from zhixing.kernel.models import ImportRun, Progress
from zhixing.kernel.scope import Actor
from zhixing.kernel.verbs import actor_behind

_TITLES: dict[str, Callable[[str], str]] = {
    "read": lambda name: _("Reading “%(file)s”") % {"file": name},
    "check": lambda name: _("Checking “%(file)s”") % {"file": name},
    "write": lambda name: _("Importing “%(file)s”") % {"file": name},
}


def too_long_to_read(data: bytes) -> bool:
    """Whether a file is too large to be opened while somebody waits (`ZHIXING["import_at_once"]["bytes"]`)."""
    return len(data) > settings.ZHIXING["import_at_once"]["bytes"]


def is_large(run: ImportRun) -> bool:
    """Whether a register is too long to be checked or written while somebody waits (`ZHIXING["import_at_once"]["rows"]`)."""
    return run.reading.get("rows", 0) > settings.ZHIXING["import_at_once"]["rows"]


def under_way(run: ImportRun) -> Progress | None:
    """The work on a register that goes on now; what has said nothing for long was cut off and holds nobody up."""
    rows = Progress.objects.filter(kind="import", user_id=run.user_id, params__run=run.pk)
    going = rows.filter(
        state__in=(Progress.State.WAITING, Progress.State.RUNNING), updated_at__gt=timezone.now() - watching.SILENT
    )
    return going.order_by("-pk").first()


def set_going(run: ImportRun, step: str, back: str = "") -> Progress:
    """Read, check or write a register as watched work; what goes on already is not begun again.

    Raises ValidationError `already` where another step goes on: its answer would not be the one that was asked for.
    """
    going = under_way(run)
    if going is None:
        title = _TITLES[step](run.file_name)
        return watching.start("import", title, run.user_id, import_step, back=back, run=run.pk, step=step)
    if going.params["step"] != step:
        words = _("Something else goes on with this file: %(title)s. Wait until it is done, then ask again.")
        raise ValidationError(words, code="already", params={"title": going.title})
    return going


@app.task(queue="default")
def import_step(progress: int, run: int, step: str) -> None:
    """One step of an import on behalf of whoever uploaded the file. Done twice, it is done once."""
    with watching.running(progress, refusals=(ReadError, PermissionDenied)) as report:
        if report is None:
            return
        found = ImportRun.objects.get(pk=run)
        by = _actor_of(found)
        if found.state not in {ImportRun.State.COMMITTED, ImportRun.State.UNDONE}:
            _do(found, step, by, report)
        report.finish(reverse("import-run", args=[run]), summary(found) if step != "read" else "")


def _do(run: ImportRun, step: str, by: Actor, report: watching.Reporter) -> None:
    if not run.reading:
        report(0, 1, _("reading the file"))
        importing.read(run, by=by)
    if step == "check":
        importing.preview(run, by=by, report=report)
    elif step == "write":
        importing.commit(run, by=by, report=report)


def _actor_of(run: ImportRun) -> Actor:
    """Whoever uploaded the file, with the hats of today."""
    user: Any = get_user_model().objects.filter(pk=run.user_id or 0).first()
    return actor_behind(user) if user is not None else Actor()


def summary(run: ImportRun) -> str:
    """What a check or an import found, in one line."""
    counts = {key: run.counts.get(key, 0) for key in ("new", "changed", "same", "faulty")}
    return _("%(new)s new, %(changed)s changed, %(same)s the same, %(faulty)s faulty") % counts
