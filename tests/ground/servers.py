"""Processes that use a server of their own, for the tests of the ground."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parent.parent.parent
# A user of the server: says how to reach it, then stays until told to end.
USER = """
import json, sys
from config import embedded
print(json.dumps(embedded.ensure()), flush=True)
sys.stdin.read()
"""


class Client:
    """A process that uses the server."""

    def __init__(self, home: Path, code: str = USER, **options: Any) -> None:
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "COV", "DATABASE_URL"))}
        environment |= {"ZHIXING_HOME": str(home), "PYTHONPATH": str(ROOT)} | options.pop("env", {})
        self.process = subprocess.Popen(
            [options.pop("python", sys.executable), "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env=environment,
            **options,
        )

    def reach(self) -> dict[str, str]:
        line = self.process.stdout.readline()  # type: ignore[union-attr]
        assert line, self.process.communicate()[1]
        return json.loads(line)

    def leave(self) -> str:
        out, errors = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, errors
        return out

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=60)


def connect(reach: dict[str, str], **more: Any) -> psycopg.Connection[Any]:
    settings = {"host": reach["host"], "port": reach["port"], "user": reach["user"], "dbname": reach["name"]}
    return psycopg.connect(**(settings | more), autocommit=True)  # type: ignore[arg-type]
