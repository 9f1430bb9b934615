"""Serve the college: web processes and a worker for long work, watched over until Ctrl-C."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from config import embedded

SETTLED_SECONDS = 5  # who dies sooner has something wrong with it
LONGEST_PAUSE_SECONDS = 30
PATIENCE_SECONDS = 20  # for requests and jobs under way when we are told to stop


class Part:
    """One child process that is started again when something kills it."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        self.command = command
        self.proven = False  # has it ever run for a while?
        self.failures = 0
        self.start()

    def start(self) -> None:
        self.began = time.monotonic()
        # Its own session: Ctrl-C reaches us alone, and we tell each part once.
        self.process = subprocess.Popen(self.command, start_new_session=True, preexec_fn=_die_with_parent)

    def died(self) -> bool:
        return self.process.poll() is not None

    def note(self) -> None:
        """Remember that it has run for a while, so that a later end is an accident and not a fault of the set-up."""
        if not self.died() and time.monotonic() - self.began > SETTLED_SECONDS:
            self.proven, self.failures = True, 0

    def rested(self) -> bool:
        """Whether it is time to start it again: at once the first time, later and later if it keeps dying."""
        pause = min(LONGEST_PAUSE_SECONDS, 2**self.failures - 1)
        return time.monotonic() - self.began > pause


def _die_with_parent() -> None:
    """Ask Linux to end this child when we are killed without a chance to tell it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Command(BaseCommand):
    help = "Serve the pages with granian and run the worker for mail, imports and reports. Ctrl-C stops all."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"), help="address to listen on")
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
        workers = int(os.environ.get("WEB_PROCESSES", "1"))
        parser.add_argument("--processes", type=int, default=workers, help="web processes (about one a core)")
        parser.add_argument("--demo", action="store_true", help="show the sample accounts on the sign-in page")
        parser.add_argument("--no-worker", action="store_true", help="web only: workers run elsewhere")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["demo"]:
            os.environ["ZHIXING_DEMO"] = "1"
        host, port = options["host"], options["port"]
        self._check(host, port)
        web = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port)]
        web += ["--workers", str(options["processes"]), "--blocking-threads", "8", "--backpressure", "64"]
        web += ["--respawn-failed-workers", "--no-ws", "--log-level", "error", "config.wsgi:application"]
        manage = str(settings.ROOT / "manage.py")
        worker = [sys.executable, manage, "procrastinate", "worker", "--concurrency", "2"]

        stopping: list[int] = []
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, frame: stopping.append(number))
        os.chdir(settings.ROOT)
        parts = [Part("web", web)]
        if not options["no_worker"]:
            parts.append(Part("worker", worker))
        code = 0
        try:
            self._announce(host, port, parts[0], stopping)
            while not stopping:
                time.sleep(0.5)
                if not os.environ.get("DATABASE_URL"):
                    embedded.ensure()  # a killed database comes back; when all is well this takes a millisecond
                for part in parts:
                    part.note()
                    if not part.died() or stopping:
                        continue
                    if not part.proven:
                        self.stderr.write(f"{part.name} ended right after its start; its words are above.")
                        stopping.append(0)
                        code = 1
                    elif part.rested():
                        self.stderr.write(f"{part.name} ended; starting it again.")
                        part.failures += 1
                        part.start()
        finally:
            self._end(parts)
        if code:
            sys.exit(code)

    def _check(self, host: str, port: int) -> None:
        """Say in one sentence what would otherwise fail in a child's traceback."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                text = f"{host}:{port} cannot be used ({error.strerror}): stop what is there, or name another PORT."
                raise CommandError(text, returncode=2) from None
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            text = "The database is not up to date: run `make demo` for the sample college, or `manage.py migrate`."
            raise CommandError(text, returncode=2)
        connection.close()

    def _announce(self, host: str, port: int, web: Part, stopping: list[int]) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until and not web.died() and not stopping:
            try:
                socket.create_connection((host, port), 1).close()
            except OSError:
                time.sleep(0.1)
                continue
            shown = f"[{host}]" if ":" in host else host
            self.stdout.write(f"Zhixing 知行 is served on http://{shown}:{port}/  (Ctrl-C stops it)")
            self.stdout.flush()
            return

    def _end(self, parts: list[Part]) -> None:
        for part in parts:
            if not part.died():
                part.process.send_signal(signal.SIGTERM)
        until = time.monotonic() + PATIENCE_SECONDS
        for part in parts:
            try:
                part.process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(part.process.pid, signal.SIGKILL)
                part.process.wait()
