"""Long work that a page and a command can watch: import, assessment, report.

`start` notes the work and queues it; where no worker is alive it is done at once, so that a small installation without
a worker still gets its answer. Inside the job, `running` gives the reporter that the work calls; whatever it raises is
kept as the reason of the failure. Both pages and jobs are safe to run twice.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_noop, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from procrastinate.tasks import Task

from zhixing.kernel import jobs, notices
from zhixing.kernel.models import Progress

logger = logging.getLogger(__name__)
Report = Callable[[int, int, str], None]

# Four writes a second are more than any page shows.
_PAUSE = 0.25
# Workers note that they live every ten seconds.
_WORKER_SECONDS = 60
# A job that said nothing for so long was cut off with its worker; the queue takes it up again.
SILENT = timedelta(minutes=5)


def worker_alive() -> bool:
    """Whether a worker was seen within the last minute: one query."""
    since = timezone.now() - timedelta(seconds=_WORKER_SECONDS)
    return apps.get_model("procrastinate", "ProcrastinateWorker").objects.filter(last_heartbeat__gt=since).exists()


def start(kind: str, title: str, user: int | None, task: Task, /, *, back: str = "", **params: Any) -> Progress:
    """Note long work for a user (id) and set it going; the caller sends the reader to `url_of` it.

    `task` is a job called as `task(progress=…, **params)`; its parameters must be plain values. It runs in the worker,
    or here and now where no worker is alive. `back` is where its page leads when it fails.
    """
    background = worker_alive()
    kept = {**params, "language": get_language() or "", "background": background, "back": back}
    row = Progress.objects.create(user_id=user, kind=kind, title=title[:200], params=kept)
    if background:
        jobs.defer(task, progress=row.pk, **params)
    else:
        try:
            task(progress=row.pk, **params)
        except Exception:  # The failure stands on the page of the job; the request itself went well.
            logger.exception("job %s (%s) failed", row.pk, kind)
        row.refresh_from_db()
    return row


def url_of(row: Progress) -> str:
    """The page on which work is watched."""
    return reverse("job", args=[row.pk])


def next_page(row: Progress) -> str:
    """Where the reader goes once work is set going: to its result where it is done already, else to its page."""
    return row.url if row.state == Progress.State.DONE and row.url else url_of(row)


@dataclass
class Reporter:
    """What the work calls: `report(done, total, message)`, and at the end `finish`."""

    pk: int
    user: int | None
    title: str
    background: bool
    # Work inside one long transaction would hide its own progress: it is told over a second connection.
    _link: Any = None
    _written: float = field(default=0.0, repr=False)
    done: bool = False

    def __call__(self, done: int, total: int, message: str = "") -> None:
        """Tell how far the work is; at most four times a second reach the database, the last of a count always."""
        now = time.monotonic()
        if now - self._written < _PAUSE and done < total:
            return
        self._written = now
        with self._link.cursor() as cursor:
            cursor.execute(
                "UPDATE kernel_progress SET done = %s, total = %s, message = %s, updated_at = %s WHERE id = %s",
                [done, total, message[:500], timezone.now(), self.pk],
            )

    def finish(self, url: str = "", message: str = "") -> None:
        """The work is done; `url` is where its result is to be seen, `message` one sentence on it."""
        self.done = True
        with transaction.atomic():
            self._close(Progress.State.DONE, url, message)
            if self.background and self.user:
                text = gettext_noop("“%(title)s” is done.")
                notices.send([self.user], f"job:{self.pk}", text, {"title": self.title}, url=url, mail=False)

    def fail(self, message: str) -> None:
        """The work cannot be done; `message` says why in one sentence."""
        self.done = True
        self._close(Progress.State.FAILED, "", message)

    def _close(self, state: str, url: str, message: str) -> None:
        now = timezone.now()
        Progress.objects.filter(pk=self.pk).update(state=state, url=url[:300], message=message, updated_at=now)


@contextmanager
def running(pk: int, refusals: tuple[type[Exception], ...] = ()) -> Iterator[Reporter | None]:
    """Do the work of a noted job; None where it is done already and nothing is left to do.

    Speaks the language of whoever asked. A ValidationError, or one of `refusals`, is a refusal in words and is shown as
    such; anything else is a fault, is logged by the queue, and the reader learns only that it failed.
    """
    row = Progress.objects.filter(pk=pk).first()
    if row is None or row.state == Progress.State.DONE:
        yield None
        return
    Progress.objects.filter(pk=pk).update(state=Progress.State.RUNNING, done=0, message="", updated_at=timezone.now())
    link = connection if connection.in_atomic_block else connection.copy()
    reporter = Reporter(pk, row.user_id, row.title, bool(row.params.get("background")), _link=link)
    try:
        with override(row.params.get("language") or None):
            yield reporter
            if not reporter.done:
                reporter.finish()
    except ValidationError as refused:
        reporter.fail("；".join(refused.messages))
    except refusals as refused:
        reporter.fail(str(refused))
    except Exception:
        reporter.fail(_("Something went wrong here. The fault is in the log of the server; please try again."))
        raise
    finally:
        if link is not connection:
            link.close()


@require_GET
def job_page(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a job of the reader's is; asked again every second until it is done."""
    row = Progress.objects.filter(pk=pk, user_id=request.actor.user_id or 0).first()  # type: ignore[attr-defined]
    if row is None:
        raise Http404
    return show(request, row)


def show(request: HttpRequest, row: Progress, status: int = 200) -> HttpResponse:
    """The page of a job that is its reader's."""
    failed = row.state == Progress.State.FAILED
    finished = failed or row.state == Progress.State.DONE
    quiet = not finished and timezone.now() - row.updated_at > SILENT
    back = row.params.get("back", "") if failed else ""
    links = [(row.url, _("See the result"), "chevron-right"), (back, _("Back"), "chevron-left")]
    job = {
        "title": row.title,
        "url": url_of(row),
        "done": row.done,
        "total": row.total,
        "message": _("Waiting for a worker to take it up.") if quiet else row.message,
        "finished": finished,
        "error": row.message if failed else "",
        "cancel_url": "",
        "links": [{"url": url, "label": label, "icon": icon} for url, label, icon in links if url],
    }
    return render(request, "kernel/job.html", {"job": job}, status=status)
