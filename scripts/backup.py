"""Backup and restore: the database, the files, and a list of checksums that anybody can verify with sha256sum.

A backup is a folder that is named only when it is whole:

    database.dump   pg_dump's custom format        files/…       every uploaded and issued file
    manifest.json   when, of which database        keys/…        only on request (see below)
    SHA256SUMS      `sha256sum -c SHA256SUMS` checks all of it

Identity numbers and telephones are encrypted with the key in the home folder (`field.key`), which no backup holds
unless it is asked for: keep it elsewhere, for without it those two stay unreadable. The same holds for the keys in
`cert/` that sign agreements: without them papers signed before can no longer be told from forged ones. A restore goes into a new database
which takes the old one's name when it is complete; what was there before stays beside it until you drop it.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from config import embedded, placing
from config.database_url import parse_url

ROOT = Path(__file__).resolve().parent.parent
KEYS = ("field.key", "secret.key")
FORMAT = 1


class BackupError(RuntimeError):
    """One sentence that says what is wrong."""


def environment() -> dict[str, str]:
    """What PostgreSQL's programs and psycopg need to reach the college's database."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        return os.environ | embedded.psql_env()
    settings = parse_url(url)
    values = {f"PG{key}": settings[key] for key in ("HOST", "PORT", "USER", "PASSWORD")}
    values["PGDATABASE"] = settings["NAME"]
    values |= {f"PG{key.upper()}": value for key, value in settings.get("OPTIONS", {}).items() if key.startswith("ssl")}
    return os.environ | {key: value for key, value in values.items() if value}


def connect(env: dict[str, str], database: str | None = None) -> psycopg.Connection[Any]:
    names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password", "PGSSLMODE": "sslmode"}
    settings: dict[str, Any] = {name: env[key] for key, name in names.items() if key in env}
    return psycopg.connect(dbname=database or env["PGDATABASE"], autocommit=True, **settings)


def program(name: str, env: dict[str, str], server: int) -> str:
    """The system's pg_dump or pg_restore if it is of the server's own version, else the wheel's."""
    found = shutil.which(name, path=env.get("PATH"))
    if found:
        version = subprocess.run([found, "--version"], capture_output=True, text=True).stdout.split()[-1]
        if version.split(".")[0] == str(server // 10000):
            return found
    return str(placing.programs() / name)


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def contents(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS")


def fingerprint(home: Path) -> str | None:
    key = home / "field.key"
    return digest(key)[:16] if key.is_file() else None


def save(parent: Path, with_keys: bool) -> Path:
    """Make a backup in a new folder under `parent`; its path. Files are copied after the database is dumped: a file
    is never changed and only later removed, so each row in the dump finds its file."""
    home, env = embedded.home(), environment()
    name = f"zhixing-{datetime.now():%Y%m%d-%H%M%S}"
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = parent / f"{name}.partial"
    partial.mkdir(mode=0o700)
    with connect(env) as connection:
        server = connection.info.server_version
    dump = [program("pg_dump", env, server), "--format=custom", "--no-owner", "--no-acl", "--file"]
    if subprocess.run([*dump, str(partial / "database.dump")], env=env).returncode != 0:
        raise BackupError("pg_dump failed; its own words are above. Nothing was kept.")
    (partial / "files").mkdir()
    if (home / "files").is_dir():
        shutil.copytree(home / "files", partial / "files", dirs_exist_ok=True)
    if with_keys:
        (partial / "keys").mkdir(mode=0o700)
        for key in KEYS:
            if (home / key).is_file():
                shutil.copy2(home / key, partial / "keys" / key)
        if (home / "cert").is_dir():
            shutil.copytree(home / "cert", partial / "keys" / "cert")
    manifest = {
        "format": FORMAT,
        "made": datetime.now().astimezone().isoformat(timespec="seconds"),
        "database": env["PGDATABASE"],
        "server": server,
        "field_key": fingerprint(home),
    }
    (partial / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    lines = [f"{digest(path)}  {path.relative_to(partial).as_posix()}\n" for path in contents(partial)]
    (partial / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")
    return partial.rename(parent / name)


def verify(backup: Path) -> dict[str, Any]:
    """The manifest of a backup of which every byte is as it was saved; nothing missing, nothing added."""
    if not (backup / "SHA256SUMS").is_file():
        raise BackupError(f"{backup} is no backup: it has no SHA256SUMS.")
    listed = {}
    for line in (backup / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        checksum, _, name = line.partition("  ")
        listed[name] = checksum
    present = {path.relative_to(backup).as_posix(): path for path in contents(backup)}
    wrong = sorted(listed.keys() ^ present.keys())
    wrong += sorted(name for name in listed.keys() & present.keys() if digest(present[name]) != listed[name])
    if wrong:
        raise BackupError(f"The backup is damaged, nothing was restored: {', '.join(wrong[:5])} (of {len(wrong)}).")
    manifest: dict[str, Any] = json.loads((backup / "manifest.json").read_text(encoding="utf-8"))
    if manifest["format"] > FORMAT:
        raise BackupError("The backup was made by a newer release: restore it with that one.")
    return manifest


def restore(backup: Path) -> list[str]:
    """Put a verified backup in the place of what is there; sentences on what was done and what was kept aside."""
    manifest = verify(backup)
    home, env, said = embedded.home(), environment(), []
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    saved_key = backup / "keys" / "field.key"
    ours, theirs = fingerprint(home), manifest["field_key"]
    if theirs and ours != theirs and not saved_key.is_file():
        raise BackupError(
            f"The backup's identity numbers were encrypted with another key: put that field.key into {home} first."
        )
    name, stamp = env["PGDATABASE"], f"{datetime.now():%Y%m%d%H%M%S%f}"
    fresh, before = f"{name}_restoring", f"{name}_before_{stamp}"
    with connect(env, "postgres") as admin:
        server = admin.info.server_version
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(fresh)))
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(fresh)))
        load = [program("pg_restore", env, server), "--no-owner", "--no-acl", "--no-comments", "--exit-on-error"]
        command = [*load, "--dbname", fresh, str(backup / "database.dump")]
        if subprocess.run(command, env=env).returncode != 0:
            admin.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(fresh)))
            raise BackupError("pg_restore failed; its own words are above. What was there is untouched.")
        with connect(env, fresh) as connection:
            connection.execute("ANALYZE")
        exists = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if exists:
            with connect(env) as connection:
                tables = "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
                found = connection.execute(tables).fetchone()
            empty = found is not None and found[0] == 0
            leave = (
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
            )
            admin.execute(leave, [name])
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            admin.execute(rename.format(sql.Identifier(name), sql.Identifier(before)))
            if empty:
                admin.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(before)))
            else:
                admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(sql.Identifier(before)))
                said.append(f"The database that was there is kept as {before}.")
        admin.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(fresh), sql.Identifier(name)))
    files = home / "files"
    if files.is_dir() and any(files.iterdir()):
        files.rename(home / f"files.before-{stamp}")
        said.append(f"The files that were there are kept in {home / f'files.before-{stamp}'}.")
    shutil.copytree(backup / "files", files, dirs_exist_ok=True)
    for key in (backup / "keys").glob("*.key") if (backup / "keys").is_dir() else []:
        if (home / key.name).is_file() and digest(home / key.name) != digest(key):
            (home / key.name).rename(home / f"{key.name}.before-{stamp}")
        shutil.copy2(key, home / key.name)
        (home / key.name).chmod(0o600)
    if (backup / "keys" / "cert").is_dir():
        # The keys that signed agreements; what was sealed here meanwhile is checked with the keys kept aside.
        if (home / "cert").is_dir():
            (home / "cert").rename(home / f"cert.before-{stamp}")
            said.append(f"The signing keys that were there are kept in {home / f'cert.before-{stamp}'}.")
        shutil.copytree(backup / "keys" / "cert", home / "cert")
    return [
        f"Restored the backup of {manifest['made']}.",
        *said,
        "Now run `python manage.py migrate`, then `make run`.",
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.backup")
    verbs = parser.add_subparsers(dest="verb", required=True)
    saving = verbs.add_parser("save")
    saving.add_argument("--to", type=Path, default=ROOT / "backups")
    saving.add_argument("--keys", action="store_true")
    verbs.add_parser("restore").add_argument("backup", type=str)
    verbs.add_parser("verify").add_argument("backup", type=Path)
    options = parser.parse_args()
    try:
        if options.verb == "save":
            made = save(options.to, options.keys)
            print(f"Backup: {made}")
            if not options.keys and fingerprint(embedded.home()):
                print(
                    f"Keep {embedded.home() / 'field.key'} in another place, or identity numbers cannot be read again."
                )
        elif options.verb == "verify":
            print(f"Whole and unchanged, made {verify(options.backup)['made']}.")
        elif not options.backup:
            raise BackupError("Say which: make restore FROM=backups/NAME.")
        else:
            print("\n".join(restore(Path(options.backup))))
    except (BackupError, embedded.EmbeddedError, psycopg.Error, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
