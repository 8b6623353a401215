"""The image, the compose stack, the units and the crontab start what the code defines."""

from __future__ import annotations

import http.client
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from market.models import Bar, Quote
from marketsite.memory import ALLOCATOR_SETTINGS
from marketsite.stack import POSTGRES_MAJOR
from reports.models import Report
from tests.conftest import ROOT, Manage
from tests.documents import example, text
from tests.processes import outcomes, started, until

INSTALLED_AT = "/srv/marketsite"
SCRIPTS = str(Path(sys.executable).parent)


# Processes


def stand_ins(folder: Path, *names: str) -> str:
    """A PATH on which these programs print the arguments that they were given."""
    for name in names:
        program = folder / name
        program.write_text('#!/bin/sh\nprintf "%s\\n" "${0##*/}" "$@"\n')
        program.chmod(0o755)
    return f"{folder}:{os.defpath}"


@pytest.fixture
def say(tmp_path: Path) -> Callable[[str], list[str]]:
    """What a process would execute, word by word."""
    (tmp_path / "deploy").mkdir()
    shutil.copy(ROOT / "Procfile", tmp_path)
    shutil.copy(ROOT / "deploy/process", tmp_path / "deploy")
    path = stand_ins(tmp_path, "granian", "celery", "python")

    def run(arguments: str) -> list[str]:
        command = [str(tmp_path / "deploy/process"), *shlex.split(arguments)]
        done = subprocess.run(
            command, cwd="/", env={"PATH": path}, capture_output=True, text=True, check=True
        )
        return done.stdout.splitlines()

    return run


def test_each_process_is_the_procfiles_own(say: Callable[[str], list[str]]) -> None:
    defined = dict(re.findall(r"^(\w+): exec (.*)$", text("Procfile"), re.MULTILINE))
    expanded = re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", defined["web"])
    worker = shlex.split(defined["worker"])
    assert say("web") == shlex.split(expanded)
    assert say("worker") == worker
    assert say("worker --without-beat") == [*worker, "--without-beat"]
    assert say("beat") == [*worker, "--beat-alone"]
    assert say("manage migrate --noinput") == ["python", "manage.py", "migrate", "--noinput"]


@pytest.mark.parametrize("arguments", [[], ["web", "now"], ["worker", "--beat"], ["manage"]])
def test_an_unknown_process_is_refused(arguments: list[str]) -> None:
    done = subprocess.run(
        [str(ROOT / "deploy/process"), *arguments], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr.startswith("usage: deploy/process web")


# The image


def dockerfile() -> dict[str, list[str]]:
    """The instructions by name, continued lines joined."""
    lines = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", text("Dockerfile"), flags=re.MULTILINE))
    found: dict[str, list[str]] = {}
    for line in filter(None, lines.splitlines()):
        name, _, rest = line.partition(" ")
        found.setdefault(name, []).append(rest.strip())
    return found


def build_step() -> tuple[dict[str, str], str]:
    """The build's own environment, and the management command that it runs with it."""
    (step,) = [step for step in dockerfile()["RUN"] if "manage.py" in step]
    words = shlex.split(step.partition("&&")[0])
    return dict(word.split("=", 1) for word in words if "=" in word), " ".join(words[-3:])


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A folder with what the build context lets into the image, collected as the build does."""
    folder = tmp_path / "app"
    for line in text(".dockerignore").splitlines():
        if line.startswith("!"):
            source, target = ROOT / line[1:], folder / line[1:]
            target.parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, target)
    environment, command = build_step()
    subprocess.run(
        [sys.executable, *shlex.split(command)],
        cwd=folder,
        env={"PATH": os.defpath, **environment},
        capture_output=True,
        check=True,
    )
    return folder


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fetch(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": "localhost:8000"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()


def answers(port: int) -> bool:
    try:
        return fetch(port, "/healthz")[0] == 200
    except OSError:
        return False


def judged(script: Path, role: str, environment: dict[str, str]) -> tuple[int, str]:
    """The health check's exit code and what it says."""
    done = subprocess.run(
        [sys.executable, str(script), role],
        cwd="/",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr.strip()


@pytest.mark.slow
def test_the_image_holds_all_that_the_site_needs(
    image: Path, port: int, environment: dict[str, str], tmp_path: Path
) -> None:
    environment |= {"PORT": str(port), "STATIC_ROOT": "", "ALLOWED_HOSTS": "localhost"}
    (check,) = re.findall(r'CMD \["python", "/app/(.+?)", "web"\]', dockerfile()["HEALTHCHECK"][0])
    (entry,), (command,) = (dockerfile()[name] for name in ("ENTRYPOINT", "CMD"))
    start = [json.loads(entry)[0].replace("/app", str(image), 1), *json.loads(command)]
    with started(start, environment, tmp_path / "web") as web:
        until(lambda: answers(port))
        assert judged(image / check, "web", environment) == (0, "")
        status, page = fetch(port, "/en/")
        assert status == 200
        (style,) = set(re.findall(r'href="(/static/css/site\.\w+\.css)"', page))
        assert fetch(port, style)[0] == 200
        assert ">Các chỉ số<" in fetch(port, "/")[1]
        web.send(signal.SIGTERM)
        assert web.wait() == 0
    code, said = judged(image / check, "web", environment)
    assert code == 1
    assert said.startswith(f"no answer on port {port}")


def test_a_worker_is_well_while_somebody_refreshes(
    environment: dict[str, str], manage: Manage
) -> None:
    script = ROOT / "deploy/healthcheck.py"
    assert judged(script, "worker", environment) == (1, "no refresh in time")
    assert manage("refresh_indices").returncode == 0
    assert judged(script, "worker", environment) == (0, "")
    nowhere = environment | {"REDIS_URL": "redis://127.0.0.1:9/0"}
    assert judged(script, "worker", nowhere) == (1, "Redis does not answer: ConnectionError")


def test_the_image_is_slim_unprivileged_and_without_secrets() -> None:
    found = dockerfile()
    bases = {line.split()[0] for line in found["FROM"]}
    assert len(found["FROM"]) == 2
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.1[123]-slim-\w+", bases.pop())
    assert found["USER"] == ["10001"]
    settings = dict(word.split("=", 1) for line in found["ENV"] for word in line.split())
    assert settings.items() >= ALLOCATOR_SETTINGS.items()
    # containers have only each other to talk to
    assert settings.keys() & set(example()) == {"HOST"}
    assert any("--require-hashes" in step for step in found["RUN"])


# The compose stack


@pytest.fixture
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(text("docker-compose.yml"))
    return loaded


def test_the_stack_has_its_services_and_each_is_bounded(compose: dict[str, Any]) -> None:
    services = compose["services"]
    usual = {name for name, service in services.items() if "profiles" not in service}
    assert usual == {"migrate", "web", "worker", "beat", "postgres", "valkey"}
    for name, service in services.items():
        assert service["restart"] == ("no" if name == "migrate" else "unless-stopped"), name
        assert re.fullmatch(r"\d+[mg]", service["mem_limit"]), name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    assert services["migrate"]["command"] == ["manage", "migrate", "--noinput"]
    assert services["worker"]["command"] == ["worker", "--without-beat"]
    assert services["beat"]["command"] == ["beat"]
    for name in ("web", "worker", "beat"):
        waits = {of: wait["condition"] for of, wait in services[name]["depends_on"].items()}
        assert waits["migrate"] == "service_completed_successfully"
        assert waits["postgres"] == waits["valkey"] == "service_healthy"
    assert services["postgres"]["image"].startswith(f"postgres:{POSTGRES_MAJOR}-")
    mounted = {mount.partition(":")[0] for name in services for mount in volumes(services[name])}
    assert mounted == set(compose["volumes"])


def volumes(service: dict[str, Any]) -> list[str]:
    found: list[str] = service.get("volumes", [])
    return found


def test_the_stack_starts_only_what_the_image_can(
    compose: dict[str, Any], say: Callable[[str], list[str]]
) -> None:
    ours = [service for service in compose["services"].values() if "build" in service]
    assert len(ours) == 7
    for service in ours:
        assert say(" ".join(service["command"]))
        assert service["env_file"] == ".env"
        assert service["read_only"]
    for name in ("worker", "more-worker"):
        check = compose["services"][name]["healthcheck"]["test"]
        assert check == ["CMD", "python", "/app/deploy/healthcheck.py", "worker"]


def test_the_profile_scale_makes_three_of_web_and_worker_two_of_beat_and_one_door(
    compose: dict[str, Any],
) -> None:
    services = compose["services"]
    numbers: Counter[str] = Counter()
    for service in services.values():
        if "build" in service and service["command"][0] != "manage":
            numbers[service["command"][0]] += service.get("deploy", {}).get("replicas", 1)
    assert numbers == {"web": 3, "worker": 3, "beat": 2}
    more = {name for name, service in services.items() if service.get("profiles") == ["scale"]}
    assert more == {"more-web", "more-worker", "more-beat", "proxy"}
    for name in more - {"proxy"}:
        one = {**services[name.removeprefix("more-")]}
        another = {**services[name]}
        for differs in ("profiles", "deploy", "ports"):
            one.pop(differs, None)
            another.pop(differs, None)
        assert another == one, name
    assert services["more-web"]["ports"] == []  # two of them cannot have the same one


def test_the_proxy_leads_to_every_web_container_and_trusts_only_what_it_sets(
    compose: dict[str, Any],
) -> None:
    services, proxy = compose["services"], compose["services"]["proxy"]
    (mounted,) = proxy["configs"]
    conf = text(compose["configs"][mounted["source"]]["file"].removeprefix("./"))
    assert mounted["target"].startswith("/etc/nginx/conf.d/")
    listened = re.findall(r"^\s*listen (\d+);", conf, re.MULTILINE)
    assert [port.rpartition(":")[2] for port in proxy["ports"]] == listened
    assert all(port.startswith("127.0.0.1:") for port in proxy["ports"])
    ((host, port),) = re.findall(r"set \$site http://(\w+):(\d+);", conf)
    for name in ("web", "more-web"):
        assert services[name]["networks"]["default"]["aliases"] == [host]
        assert services[name]["environment"]["PORT"] == port
    for header in ("Host", "X-Forwarded-Proto", "X-Forwarded-For"):
        assert f"proxy_set_header {header} " in conf
    assert conf.count("{") == conf.count("}")


# systemd


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units as installed, but for this checkout."""
    folder = tmp_path / "units"
    shutil.copytree(ROOT / "deploy/systemd", folder)
    for file in folder.rglob("*.*"):
        if file.is_file():
            file.write_text(file.read_text().replace(INSTALLED_AT, str(ROOT)))
    return folder


def directives(file: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", file.read_text(), re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


def test_units_start_the_processes_and_migrate_first(
    units: Path, say: Callable[[str], list[str]]
) -> None:
    services = {file.name: directives(file) for file in units.glob("*.service")}
    program = f"{ROOT}/deploy/process "
    commands = {name: found["ExecStart"][0] for name, found in services.items()}
    assert {name: command.removeprefix(program) for name, command in commands.items()} == {
        "marketsite-web.service": "web",
        "marketsite-worker.service": "worker",
        "marketsite-worker@.service": "worker --without-beat",
    }
    assert all(say(command.removeprefix(program)) for command in commands.values())
    migrate = f"{program}manage migrate --noinput"
    assert services["marketsite-web.service"]["ExecStartPre"] == [migrate]
    for name in ("marketsite-worker.service", "marketsite-worker@.service"):
        assert services[name]["After"] == ["marketsite-web.service"]


def test_units_are_confined_and_bounded(units: Path) -> None:
    common = directives(units / "marketsite-.service.d/common.conf")
    wanted = {"NoNewPrivileges": "yes", "ProtectSystem": "strict", "User": "marketsite"}
    assert {name: common[name][-1] for name in wanted} == wanted
    given = dict(word.split("=", 1) for line in common["Environment"] for word in line.split())
    assert given == ALLOCATOR_SETTINGS | {"HOST": "127.0.0.1"}
    assert all("MemoryMax" in directives(file) for file in units.glob("*.service"))


def test_systemd_understands_the_units(units: Path) -> None:
    """Read as systemd does where it is installed, else as the plain key files that they are."""
    files = sorted(file for file in units.rglob("*.*") if file.is_file())
    for file in files:
        parser = ConfigParser(strict=False, interpolation=None, allow_no_value=False)
        parser.optionxform = str  # type: ignore[assignment,method-assign]
        assert parser.read(file)
        assert set(parser.sections()) <= {"Unit", "Service", "Install"}
    if shutil.which("systemd-analyze"):
        names = [str(file) for file in files if file.parent == units]
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", *names],
            cwd="/",
            env={"PATH": os.environ["PATH"], "SYSTEMD_UNIT_PATH": f"{units}:"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")


# cron


def cron_line() -> str:
    """The command of the crontab's one line."""
    (line,) = [line for line in text("deploy/crontab").splitlines() if re.match(r"[\d*]", line)]
    *minutely, command = line.split(maxsplit=5)
    assert minutely == ["*"] * 5
    return command


def test_cron_alone_does_the_whole_job(environment: dict[str, str], tmp_path: Path) -> None:
    """The line as cron runs it: from /, by /bin/sh, with next to nothing in the environment."""
    file, journal = tmp_path / "env", tmp_path / "journal"
    given = {name: environment[name] for name in example() if environment.get(name)}
    given |= {"MARKETSITE_CLOCK": environment["MARKETSITE_CLOCK"], "ENV_FILE": ""}
    given |= {"AUTO_REPORT_SCHEDULE_TIMES": "15:10"}
    file.write_text("".join(f"{name}={value}\n" for name, value in given.items() if value))
    logger = tmp_path / "logger"
    logger.write_text(f'#!/bin/sh\n[ "$1 $2" = "-t marketsite" ] && exec cat >> "{journal}"\n')
    logger.chmod(0o755)
    cron = {"HOME": "/", "SHELL": "/bin/sh", "PATH": f"{tmp_path}:{SCRIPTS}:/usr/bin:/bin"}
    cron["ENV_FILE"] = str(file)
    command = cron_line().replace(INSTALLED_AT, str(ROOT))
    named = [f"{name}={value}" for name, value in cron.items()]
    for _ in range(2):
        subprocess.run(["env", "-i", *named, "/bin/sh", "-c", command], cwd="/", check=True)
    said = journal.read_text()
    once = ("refresh_indices", "refresh_overview", "close_day", "prune")
    assert {job: outcomes(said, job) for job in once} == {job: ["ok"] for job in once}
    assert outcomes(said, "tick") == ["ok", "ok"]
    assert Quote.objects.real().count() == 5
    assert Bar.objects.filter(simulated=False).count() > 1000
    assert Report.objects.get().status == Report.Status.PUBLISHED


def test_cron_sets_the_allocator() -> None:
    found = re.findall(r"^([A-Z_]+)=(.*)$", text("deploy/crontab"), re.MULTILINE)
    assert dict(found) == ALLOCATOR_SETTINGS
