"""The drill: what was backed up stands on an empty machine again, table by table; a damaged backup restores nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import embedded
from scripts import backup
from tests.ground.servers import ROOT, Client, connect


@pytest.fixture(autouse=True)
def no_other_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)


def rows(reach: dict[str, str]) -> list[tuple[str, str]]:
    with connect(reach) as connection:
        return connection.execute("SELECT name, note FROM unit ORDER BY name").fetchall()


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"} | {"ZHIXING_HOME": str(folder)}
    run = [sys.executable, "-m", "scripts.backup", *arguments]
    return subprocess.run(run, cwd=ROOT, env=environment, text=True, capture_output=True)


def test_a_backup_restores_on_an_empty_machine(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(home)
    reach = client.reach()
    with connect(reach) as connection:
        connection.execute("CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gist")
        connection.execute("CREATE TABLE unit (name text PRIMARY KEY, note text)")
        connection.execute("CREATE INDEX ON unit USING gin (name gin_trgm_ops)")
        connection.execute("INSERT INTO unit SELECT '学院' || n, repeat('知行', n) FROM generate_series(1, 500) n")
    before = rows(reach)
    (home / "files" / "2026").mkdir(parents=True)
    (home / "files" / "2026" / "协议.pdf").write_bytes(b"%PDF \x00 signed")
    (home / "field.key").write_text("k" * 44)
    saved = command(home, "save", "--to", str(home / "backups"))
    assert saved.returncode == 0, saved.stderr
    assert "field.key" in saved.stdout  # says that the key is not in it
    made = next((home / "backups").iterdir())
    assert not (made / "keys").exists()
    sums = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=made, capture_output=True, text=True)
    assert sums.returncode == 0, sums.stdout

    # Work goes on and something is destroyed; the backup brings it back and what was there is kept aside.
    with connect(reach) as connection:
        connection.execute("DELETE FROM unit WHERE name > '学院3'")
        restored = command(home, "restore", str(made))  # while somebody is connected
        assert restored.returncode == 0, restored.stderr
    assert rows(reach) == before
    assert "kept as zhixing_before_" in restored.stdout
    client.leave()

    # Asked for, the keys come along, with those that sign agreements.
    (home / "cert").mkdir()
    (home / "cert" / "verify.key").write_text("ed25519")
    kept = command(home, "save", "--keys", "--to", str(home / "with-keys"))
    assert kept.returncode == 0, kept.stderr
    whole = next((home / "with-keys").iterdir())
    assert (whole / "keys" / "cert" / "verify.key").read_text() == "ed25519"
    assert (whole / "keys" / "field.key").read_text() == "k" * 44
    (home / "cert" / "verify.key").write_text("lost")
    assert command(home, "restore", str(whole)).returncode == 0
    assert (home / "cert" / "verify.key").read_text() == "ed25519"

    # Another machine, empty: without the key it refuses, with it everything is there.
    other = home / "other"
    monkeypatch.setenv("ZHIXING_HOME", str(other))
    refused = command(other, "restore", str(made))
    assert refused.returncode == 2
    assert "field.key" in refused.stderr
    (other / "field.key").write_text("k" * 44)
    restored = command(other, "restore", str(made))
    assert restored.returncode == 0, restored.stderr
    assert "kept" not in restored.stdout
    client = Client(other)
    assert rows(client.reach()) == before
    assert (other / "files" / "2026" / "协议.pdf").read_bytes() == b"%PDF \x00 signed"
    client.leave()
    embedded.stop()


@pytest.mark.parametrize("damage", ["changed", "missing", "added"])
def test_a_damaged_backup_restores_nothing(tmp_path: Path, damage: str) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.txt").write_text("a")
    (tmp_path / "manifest.json").write_text('{"format": 1, "field_key": null, "made": "x"}')
    lines = [f"{backup.digest(p)}  {p.relative_to(tmp_path).as_posix()}\n" for p in backup.contents(tmp_path)]
    (tmp_path / "SHA256SUMS").write_text("".join(lines))
    assert backup.verify(tmp_path)["made"] == "x"
    if damage == "changed":
        (tmp_path / "files" / "a.txt").write_text("b")
    elif damage == "missing":
        (tmp_path / "files" / "a.txt").unlink()
    else:
        (tmp_path / "files" / "b.txt").write_text("b")
    with pytest.raises(backup.BackupError, match="damaged"):
        backup.verify(tmp_path)
