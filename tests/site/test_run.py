"""`make run` for real: a new site, its next starts, and every way in which it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import psutil
import pytest
import requests

from marketsite.memory import ALLOCATOR_SETTINGS
from marketsite.processes import MARK
from marketsite.stack import POSTGRES_MAJOR
from tests.conftest import ROOT
from tests.processes import until
from tests.upstreams import Upstreams
from tests.upstreams.scenarios import AFTER_CLOSE

NOWHERE = "http://127.0.0.1:9"
PREFIX = re.compile(r"^\d\d:\d\d:\d\d (web   |worker) \| ")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@dataclass(slots=True)
class Site:
    """A running `make run`, whose output lies in a file."""

    popen: subprocess.Popen[bytes]
    folder: Path
    log: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def get(self, path: str) -> requests.Response:
        return requests.get(f"{self.url}{path}", timeout=20)

    def processes(self) -> list[psutil.Process]:
        return belonging(self.folder)

    def named(self, word: str) -> list[psutil.Process]:
        return [process for process in self.processes() if word in " ".join(process.cmdline())]

    def ended(self) -> int:
        """The exit code, once nothing of the site runs any more."""
        code = self.popen.wait(60)
        until(lambda: not self.processes())
        return code


def belonging(folder: Path) -> list[psutil.Process]:
    """The site's processes by their mark, and its servers by their data."""
    found = []
    for process in psutil.process_iter():
        try:
            in_data = process.cwd().startswith(f"{folder}{os.sep}")
            if in_data or process.environ().get(MARK) == str(folder):
                found.append(process)
        except psutil.Error:
            continue
    return found


def variables(folder: Path, **given: str) -> dict[str, str]:
    """An environment in which nothing but the folder is chosen, and no source can be reached."""
    return {
        "PATH": os.defpath,
        "ENV_FILE": os.devnull,
        "LOCAL_DIR": str(folder),
        "VIETCAP_BASE_URL": NOWHERE,
        "VNDIRECT_BASE_URL": NOWHERE,
        "NO_PROXY": "127.0.0.1,localhost",
        **given,
    }


def run(folder: Path, **given: str) -> subprocess.CompletedProcess[str]:
    """A start that is expected to end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "marketsite.run"],
        cwd=ROOT,
        env=variables(folder, **given),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@contextmanager
def running(folder: Path, port: int, **given: str) -> Iterator[Site]:
    """`make run` until the end of the block, ready to be read."""
    log = folder.with_suffix(".log")
    with log.open("wb") as output:
        popen = subprocess.Popen(
            [sys.executable, "-m", "marketsite.run"],
            cwd=ROOT,
            env=variables(folder, PORT=str(port), **given),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    site = Site(popen, folder, log, port)
    try:
        until(lambda: "Ctrl-C" in site.said or popen.poll() is not None)
        assert popen.poll() is None, site.said
        yield site
    finally:
        popen.terminate()
        site.ended()


@pytest.fixture(scope="module")
def base() -> Iterator[Path]:
    """A folder that the servers' account can pass through, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="marketsite-run-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def site(base: Path) -> Iterator[Site]:
    """A new site beside the vendors as they stood after the close of 21 August 2026."""
    given = {"MARKETSITE_CLOCK": f"={AFTER_CLOSE}"}
    with (
        Upstreams("long") as upstreams,
        running(base / "new", free_port(), **given, **upstreams.environment) as started,
    ):
        yield started


def words(html: str) -> str:
    """The text of a page, with plain spaces between its words."""
    return " ".join(unescape(re.sub(r"<[^>]*>", "", html)).split())


# A new site


def test_a_first_start_ends_with_a_report_made_from_real_numbers(site: Site) -> None:
    indices = site.get("/api/v1/market/indices").json()
    assert indices["indices"]["vnindex"]["value"]["close"] == 1768.12
    assert indices["simulated"] is False
    assert "1.768,12" in site.get("/").text
    assert "1,768.12" in site.get("/en/").text
    (title,) = re.findall(r"^First report: (.+)$", site.said, re.MULTILINE)
    assert words(title) in words(site.get("/reports/").text)


def test_it_tells_where_to_read_and_how_to_stop(site: Site) -> None:
    for word in (f"{site.url}/", f"{site.url}/en/", f"{site.url}/admin/", "Ctrl-C"):
        assert word in site.said


def beside(folder: Path, *arguments: str, **given: str) -> subprocess.CompletedProcess[str]:
    """What `make manage` runs."""
    return subprocess.run(
        [sys.executable, "-m", "marketsite.run", "manage", *arguments],
        cwd=ROOT,
        env=variables(folder, **given),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_a_command_runs_beside_it_on_its_servers(site: Site) -> None:
    mark = f"import os; print(os.environ.get({MARK!r}, 'unmarked'))"
    counted = "from market.models import Quote; print(Quote.objects.real().count())"
    done = beside(site.folder, "shell", "--command", f"{mark}; {counted}")
    assert done.returncode == 0, done.stderr
    shown, count = done.stdout.splitlines()[-2:]
    assert (shown, int(count) >= 5) == ("unmarked", True)


def test_a_command_for_a_site_that_does_not_run_says_so(base: Path) -> None:
    done = beside(base / "absent", "refresh_indices")
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line == f"marketsite: no site runs from {base / 'absent'}: start it with make run"
    assert not (base / "absent").exists()


def test_the_password_is_told_once_and_opens_the_admin(site: Site) -> None:
    (password,) = re.findall(r"^Administrator: admin, password: (\S+) \(", site.said, re.MULTILINE)
    assert len(password) >= 16
    with requests.Session() as session:
        page = session.get(f"{site.url}/en/admin/login/", timeout=20)
        (token,) = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
        form = {"username": "admin", "password": password, "csrfmiddlewaretoken": token}
        page = session.post(
            page.url, data=form, headers={"Referer": page.url}, timeout=20, allow_redirects=False
        )
        assert page.status_code == 302
        assert "sessionid" in session.cookies


def test_web_and_worker_run_in_one_runner_with_prefixed_lines(site: Site) -> None:
    until(lambda: "job=refresh_indices outcome=ok" in site.said)
    lines = site.said.splitlines()
    begun = next(number for number, line in enumerate(lines) if PREFIX.match(line))
    served = [line for line in lines[begun:] if line and not line.startswith("  ")]
    assert [line for line in served if not PREFIX.match(line)] == []
    assert {PREFIX.match(line)[1].strip() for line in served} == {"web", "worker"}  # type: ignore[index]
    assert [line for line in served if "Traceback" in line] == []


def test_each_process_has_the_measured_memory_settings(site: Site) -> None:
    for name in ("marketsite.web", "marketsite.worker"):
        found = site.named(name)
        assert found
        for process in found:
            assert ALLOCATOR_SETTINGS.items() <= process.environ().items()


def test_a_second_start_from_the_same_folder_is_refused_in_one_line(site: Site) -> None:
    done = run(site.folder, PORT=str(free_port()))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"marketsite: {site.folder} is in use: the site already runs from it\n"
    assert site.get("/healthz").status_code == 200


def test_a_busy_port_is_refused_in_one_line(site: Site, base: Path) -> None:
    done = run(base / "other", PORT=str(site.port))
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(
        rf"marketsite: port {site.port} on 127\.0\.0\.1 is not free .*: choose another, .*\n",
        done.stderr,
    )
    assert belonging(base / "other") == []


def test_the_tests_use_other_servers_than_the_site(site: Site) -> None:
    """The suite's own, and they never meet the data of `make run`."""
    ours = {os.environ["DATABASE_URL"], os.environ["REDIS_URL"]}
    theirs = {
        value
        for process in site.named("marketsite.web")
        for name, value in process.environ().items()
        if name in {"DATABASE_URL", "REDIS_URL"}
    }
    assert len(theirs) == 2
    assert not ours & theirs


# Its next starts


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_no_end_leaves_a_process_or_loses_anything(base: Path) -> None:
    """One folder through three starts; after the first the sources never answer."""
    folder, port = base / "lived in", free_port()
    with running(folder, port, ADMIN_PASSWORD="chosen by hand") as first:
        assert "password: the one in ADMIN_PASSWORD" in first.said
        assert "chosen by hand" not in first.said
        assert "simulated numbers" in first.said
        report = re.findall(r'href="(/reports/[^"]+/)"', first.get("/reports/").text)[0]
        os.killpg(first.popen.pid, signal.SIGINT)  # as a terminal does
        assert first.ended() == 0
    with socket.create_server(("127.0.0.1", 0)) as hanging:  # accepts, and never answers
        url = f"http://127.0.0.1:{hanging.getsockname()[1]}"
        given = {"VIETCAP_BASE_URL": url, "VNDIRECT_BASE_URL": url}
        with running(folder, port, **given) as second:
            assert_nothing_lost(second, report)
            stopped = second.named("marketsite.worker")
            for process in stopped:
                process.suspend()  # so that it cannot obey when the runner dies
            second.popen.kill()
            second.popen.wait()
            with running(folder, port, **given) as third:
                assert "processes that an earlier start left behind" in third.said
                assert not any(process.is_running() for process in stopped)
                assert_nothing_lost(third, report)
                web = min(process.pid for process in third.named("marketsite.web"))
                os.kill(web, signal.SIGKILL)
                assert third.ended() == 137
                assert "web ended (signal 9), so everything stops" in third.said


def assert_nothing_lost(site: Site, report: str) -> None:
    assert site.get(report).status_code == 200
    assert site.get("/api/v1/market/indices").json()["indices"]["vnindex"]["value"]
    assert "Administrator:" not in site.said
    assert "First report" not in site.said


# What stops a start: one line each


def test_one_address_without_the_other_is_refused(tmp_path: Path) -> None:
    done = run(tmp_path, DATABASE_URL="postgresql://user:hunter2@host/name")
    assert done.returncode == 1
    assert done.stderr == (
        "marketsite: REDIS_URL: is not set but DATABASE_URL is: set both, or neither\n"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "70000"),
        ("HOST", "localhost"),
        ("WEB_WORKERS", "none"),
        ("WEB_THREADS", "0"),
        ("ENV_FILE", "/nowhere/at/all"),
    ],
)
def test_a_wrong_choice_is_named_before_anything_starts(
    tmp_path: Path, name: str, value: str
) -> None:
    done = run(tmp_path / "new", **{name: value})
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(rf"marketsite: {name}: [^\n]+\n", done.stderr)
    assert not (tmp_path / "new").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run(tmp_path / "file" / "data")
    assert done.returncode == 1
    assert done.stderr == (
        f"marketsite: {tmp_path / 'file' / 'data'} cannot be used: Not a directory\n"
    )


def test_data_of_another_postgresql_is_named(base: Path) -> None:
    data = base / "old" / "postgres"
    data.mkdir(parents=True)
    (base / "old").chmod(0o755)
    (data / "PG_VERSION").write_text("16\n")
    done = run(base / "old", PORT=str(free_port()))
    assert done.returncode == 1
    assert re.fullmatch(
        rf"marketsite: .+ was written by PostgreSQL 16, this is {POSTGRES_MAJOR}: [^\n]+\n",
        done.stderr,
    )
    assert belonging(base / "old") == []


def test_a_setting_that_only_the_site_knows_stops_it_too(base: Path) -> None:
    done = run(base / "wrong", PORT=str(free_port()), MARKET_SOURCES="bloomberg")
    assert done.returncode == 1
    assert re.fullmatch(r"marketsite: MARKET_SOURCES: [^\n]+\n", done.stderr)
    assert belonging(base / "wrong") == []


# Servers of the operator's own


def test_given_servers_are_used_and_none_is_started(
    environment: dict[str, str], base: Path
) -> None:
    folder = base / "given"
    servers = {name: environment[name] for name in ("DATABASE_URL", "REDIS_URL")}
    with running(folder, free_port(), **servers) as started:
        assert "Using the PostgreSQL and Redis that DATABASE_URL" in started.said
        assert started.get("/readyz").status_code == 200
        assert not {"postgres", "valkey"} & {path.name for path in folder.iterdir()}
        names = {process.name() for process in started.processes()}
        assert names
        assert not names & {"postgres", "valkey-server"}
