"""A college's server of its own that may be killed, for the tests and the measurements of what a kill leaves."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config import embedded

ROOT = Path(__file__).resolve().parent.parent.parent


class Ground:
    """A home folder with a server, a copy of `source` (a database's settings) in it, and a process to command."""

    def __init__(self, source: dict[str, Any]) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="zx-", dir="/tmp"))
        self.home = self.folder / "home"
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "DATABASE_URL", "PG"))}
        self.environment = {
            **kept,
            "ZHIXING_HOME": str(self.home),
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "PYTHONWARNINGS": "ignore",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.kernel.kill_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=self.environment,
        )
        self.copy(source)

    def copy(self, source: dict[str, Any]) -> None:
        """The tables and reference rows of another database."""
        self.ask("restart")
        programs = embedded.programs()
        given = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
        there = {**os.environ, **{name: str(source[key]) for name, key in given.items()}}
        dump = subprocess.Popen(
            [programs / "pg_dump", "--no-owner", "--no-privileges"], env=there, stdout=subprocess.PIPE
        )
        environment = os.environ | {"ZHIXING_HOME": str(self.home)}
        code = "import json; from config import embedded; print(json.dumps(embedded.psql_env()))"
        reach = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        here = {**os.environ, **json.loads(reach.stdout)}
        command = [programs / "psql", "-qX", "-v", "ON_ERROR_STOP=1"]
        loaded = subprocess.run(command, env=here, stdin=dump.stdout, capture_output=True, text=True, check=False)
        assert dump.stdout is not None
        dump.stdout.close()
        if dump.wait() != 0 or loaded.returncode != 0:
            raise AssertionError(f"the database could not be copied: {loaded.stderr[-500:]}")

    def ask(self, do: str, **more: Any) -> dict[str, Any]:
        """Have the process do something; its answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": do, **more}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("the process that works on command has ended")
        return json.loads(line)

    def kill_server(self) -> None:
        """End the database server as a power cut would."""
        os.kill(int(self._status()["pid"]), signal.SIGKILL)

    def _status(self) -> dict[str, Any]:
        code = "import json; from config import embedded; print(json.dumps(embedded.status()))"
        told = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=True
        )
        return json.loads(told.stdout)

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()
        code = "from config import embedded; embedded.stop()"
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=self.environment, check=False)
        record = self.home / "place"
        if record.is_file():
            shutil.rmtree(record.read_text().strip(), ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass
class Round:
    """One kill and what it left."""

    what: str
    after: float
    ended: int
    left: dict[str, Any]
    count: int

    @property
    def nothing(self) -> bool:
        """The register is as it was; the file waits to be imported."""
        kept = self.left["state"] in {"uploaded", "previewed"}
        empty = not (self.left["organisations"] or self.left["events"] or self.left["changes"] or self.left["moment"])
        return kept and empty

    @property
    def all(self) -> bool:
        """Every row is there once, with its event and its way back."""
        numbers = {self.left["organisations"], self.left["events"], self.left["changes"]}
        return self.left["state"] == "committed" and numbers == {self.count} and self.left["moment"]


class Killer:
    """Imports of fresh rows, each cut off at a random moment of its length."""

    def __init__(self, ground: Ground, count: int, seed: int = 1) -> None:
        self.ground, self.count, self.dice, self.first = ground, count, random.Random(seed), 0
        self.length = max(self._import() for _time in range(2))

    def _new(self) -> int:
        self.first += self.count
        return self.ground.ask("prepare", first=self.first, count=self.count)["run"]

    def _left(self, run: int) -> dict[str, Any]:
        return self.ground.ask("state", run=run, first=self.first, count=self.count)

    def _import(self) -> float:
        run, began = self._new(), time.monotonic()
        ended = self.ground.ask("wait", pid=self.ground.ask("commit", run=run)["pid"])
        assert ended["status"] == 0
        assert Round("", 0, 0, self._left(run), self.count).all
        return time.monotonic() - began

    def round(self, what: str) -> Round:
        """Cut one import off: `what` is "process" or "server". Afterwards the same file is imported whole."""
        run = self._new()
        status = self.ground._status() if what == "server" else {}
        after = self.dice.uniform(0, self.length)
        pid = self.ground.ask("commit", run=run)["pid"]
        time.sleep(after)
        os.kill(int(status["pid"]) if what == "server" else pid, signal.SIGKILL)
        ended = self.ground.ask("wait", pid=pid)["status"]
        if what == "server":
            self.ground.ask("restart")
        found = Round(what, after, ended, self._left(run), self.count)
        if found.nothing:
            again = self.ground.ask("wait", pid=self.ground.ask("commit", run=run)["pid"])
            assert again["status"] == 0, "an import that was cut off could not be made again"
            assert Round(what, after, 0, self._left(run), self.count).all
        return found
