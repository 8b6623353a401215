"""A published report as nginx, the edge, Django and Django's cache framework serve it, in one run.

    apt-get install nginx-light wrk
    .venv/bin/python -m bench.pages > bench/results/pages.txt

The page has some 140 kB, 31 kB in gzip. nginx sends the edge's own bytes and headers from files,
with `gzip_static`, `sendfile` and a worker for each core, and once more with one worker; the edge
is what the Procfile starts. Each round measures them one after the other, and the ratios are the
medians of the rounds, so that what else the machine does meets all. `--json` ends with one line of
JSON, `--seconds` and `--rounds` make it longer. wrk's own output is in `bench/results/pages.json`.
The exit code is 1 when the edge answers less than 0.9 times what nginx with its workers does, or
one in a hundred answers later than nginx's.

wrk runs with one thread, which leaves a core to who answers. Two threads share a core with each
other while the answering process fills the other one, and may wait a tick (4 ms at 250 Hz) for
their turn, which is in the p99 then. That is measured too, and printed.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from bench.site import RESULTS, site

ROOT = Path(__file__).resolve().parent.parent
CLOCK = "2026-08-21T08:10:00Z"
SLUG = "vn-index-2026-08-21-1510"
PATH = f"/reports/{SLUG}/"
PLAIN, GZIP = 140_000, 31_000
CONNECTIONS = 64
KINDS = ("gzip", "identity", "304")
NGINX, ONE_WORKER, EDGE = "nginx", "nginx, 1 worker", "edge"
LEAST_RATIO, MOST_P99 = 0.9, 1.0  # the edge's figure by nginx's
TOOLS = {"nginx": "nginx-light", "wrk": "wrk"}
HOP = {"date", "server", "connection", "content-length", "content-encoding", "etag", "content-type"}


@dataclass(frozen=True, slots=True)
class Result:
    """One run of wrk: requests a second, and the time of the slowest in a hundred in ms."""

    server: str
    kind: str
    threads: int  # wrk's
    rate: float
    p99: float
    output: str


def main() -> int:
    options = _options()
    missing = [package for tool, package in TOOLS.items() if shutil.which(tool) is None]
    if missing:
        sys.exit(f"bench.pages needs nginx and wrk: apt-get install {' '.join(missing)}")
    results: list[Result] = []
    with ExitStack() as stack:
        stack.enter_context(site(CLOCK, {"LOG_FORMAT": "text", "ALLOWED_HOSTS": "127.0.0.1"}))
        _publish()
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-pages-")))
        folder.chmod(0o755)
        ports = {
            EDGE: stack.enter_context(_web({})),
            "django": stack.enter_context(_web({"EDGE_MEMORY_MB": "0"})),
            "cache framework": stack.enter_context(
                _web({"EDGE_MEMORY_MB": "0", "DJANGO_SETTINGS_MODULE": "bench.cached_settings"})
            ),
        }
        _save(folder, ports[EDGE])
        ports[NGINX] = stack.enter_context(_nginx(folder, ports[EDGE], "auto"))
        ports[ONE_WORKER] = stack.enter_context(_nginx(folder, ports[EDGE], "1"))
        for number in range(options.rounds):
            _say(f"round {number + 1} of {options.rounds}")
            for kind in KINDS:
                for server in (NGINX, EDGE, ONE_WORKER):
                    results.append(_measure(server, ports[server], kind, options.seconds))
                for server in (NGINX, EDGE):
                    results.append(_measure(server, ports[server], kind, options.seconds, 2))
        for server in ("django", "cache framework"):
            for kind in KINDS[:2]:
                results.append(_measure(server, ports[server], kind, options.seconds))
    ratios = _report(results, as_json=options.json)
    slowest = ratios.pop("p99_ratio")
    return int(min(ratios.values()) < LEAST_RATIO or slowest > MOST_P99)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


# What is served


def _publish() -> None:
    from django.core.management import call_command

    from marketsite import clock
    from reports.models import Report

    call_command("collectstatic", interactive=False, verbosity=0)
    now = clock.now()
    Report.objects.create(
        slug=SLUG,
        title="Thị trường",
        status=Report.Status.PUBLISHED,
        html_content=_text(PLAIN - 12_000, GZIP - 4_000),
        created_at=now,
        published_at=now,
    )


def _text(plain: int, packed: int) -> str:
    """Paragraphs of that length which gzip makes as small: the fewer words, the smaller."""
    low, high = 2, 3000
    while high - low > 1:
        words = (low + high) // 2
        text = _words(plain, words)
        if len(gzip.compress(text.encode(), 6)) > packed:
            high = words
        else:
            low = words
    return _words(plain, low)


def _words(length: int, vocabulary: int) -> str:
    chosen = random.Random(1)  # noqa: S311 (the same page on each run)
    words = [
        "".join(chosen.choices("aăâbcdđeêghiklmnoôơpqrstuưvxy", k=chosen.randint(2, 9)))
        for _ in range(vocabulary)
    ]
    parts: list[str] = []
    size = 0
    while size < length:
        part = f"<p>{' '.join(chosen.choices(words, k=14))}</p>\n"
        parts.append(part)
        size += len(part.encode())
    return "".join(parts)


# The servers


@contextmanager
def _web(variables: Mapping[str, str]) -> Iterator[int]:
    """What the Procfile starts, with these variables; its port."""
    procfile = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    command = next(line.partition(":")[2] for line in procfile if line.startswith("web:"))
    port = _free_port()
    scripts = str(Path(sys.executable).parent)
    environment = {
        **os.environ,
        "PORT": str(port),
        "DJANGO_SETTINGS_MODULE": "marketsite.settings",
        "PATH": os.pathsep.join([scripts, os.environ["PATH"]]),
        "MALLOC_ARENA_MAX": "2",
        **variables,
    }
    with _started(["sh", "-c", command], environment, port):
        yield port


def _save(folder: Path, edge: int) -> None:
    """The edge's own answers as files."""
    plain, packed = (_fetch(edge, encoding)[1] for encoding in ("identity", "gzip"))
    page = folder / "www" / PATH.strip("/")
    page.mkdir(parents=True)
    (page / "index.html").write_bytes(plain)
    (page / "index.html.gz").write_bytes(packed)
    _say(f"page: {len(plain)} bytes, {len(packed)} in gzip")


@contextmanager
def _nginx(folder: Path, edge: int, workers: str) -> Iterator[int]:
    """nginx over those files, with the edge's headers."""
    told, _ = _fetch(edge, "identity")
    headers = [(name, value) for name, value in told if name.lower() not in HOP]
    port = _free_port()
    config = folder / f"nginx-{workers}.conf"
    config.write_text(_config(folder, port, workers, headers), encoding="utf-8")
    with _started(["nginx", "-c", str(config)], dict(os.environ), port):
        yield port


def _config(folder: Path, port: int, workers: str, headers: list[tuple[str, str]]) -> str:
    added = "\n".join(f'add_header {name} "{value}";' for name, value in headers)
    return f"""
worker_processes {workers}; daemon off;
pid {folder}/nginx-{workers}.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off; sendfile on; tcp_nopush on; gzip_static on; keepalive_requests 100000000;
    default_type "text/html; charset=utf-8"; types {{ }}
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; root {folder}/www; {added} }}
}}
"""


@contextmanager
def _started(command: list[str], environment: dict[str, str], port: int) -> Iterator[None]:
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=sys.stderr, start_new_session=True
    )
    try:
        _wait_for(port, process)
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        try:
            _fetch(port, "gzip")
            break
        except (OSError, http.client.HTTPException):
            if process.poll() is not None:
                raise
            time.sleep(0.1)
    for _ in range(20):  # pages come into memory
        _fetch(port, "gzip")
        time.sleep(0.05)


def _fetch(port: int, encoding: str) -> tuple[list[tuple[str, str]], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", PATH, headers={"Accept-Encoding": encoding})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.getheaders(), body


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# Measuring


def _measure(server: str, port: int, kind: str, seconds: int, threads: int = 1) -> Result:
    headers = ["Accept-Encoding: identity" if kind == "identity" else "Accept-Encoding: gzip"]
    if kind == "304":
        told = {name.lower(): value for name, value in _fetch(port, "gzip")[0]}
        headers.append(f"If-None-Match: {told.get('etag', '')}")
    sent = [word for header in headers for word in ("-H", header)]
    size = [f"-t{threads}", f"-c{CONNECTIONS}", f"-d{seconds}"]
    command = ["wrk", *size, "--latency", *sent, f"http://127.0.0.1:{port}{PATH}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        _say(f"{server} {kind}: {done.stdout}")
    rate = float(re.findall(r"Requests/sec:\s+([\d.]+)", done.stdout)[0])
    slow, unit = re.findall(r"99%\s+([\d.]+)(us|ms|s)", done.stdout)[0]
    p99 = float(slow) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]
    _say(f"  {server:16}{kind:10}{threads:>2}{rate:>10,.0f}/s   p99 {p99:.2f} ms")
    return Result(server, kind, threads, rate, p99, done.stdout)


def _report(results: list[Result], *, as_json: bool) -> dict[str, float]:
    """Write and print the results; the edge's ratios to nginx."""
    RESULTS.mkdir(exist_ok=True)
    raw = json.dumps([asdict(result) for result in results], indent=1, ensure_ascii=False)
    (RESULTS / "pages.json").write_text(raw + "\n", encoding="utf-8")
    one, two = ([item for item in results if item.threads == threads] for threads in (1, 2))
    ratios, with_two = _ratios(one), _ratios(two)
    for title, found in (("wrk with one thread", one), ("with two", two)):
        print(f"{title:26}requests/s    p99 ms")  # noqa: T201 (it is a table)
        for server in dict.fromkeys(item.server for item in found):
            for kind in KINDS:
                if runs := _of(found, server, kind):
                    rate = median(item.rate for item in runs)
                    p99 = median(item.p99 for item in runs)
                    print(f"{server:16}{kind:10}{rate:>10,.0f}{p99:>10.2f}")  # noqa: T201
    print("edge to nginx: " + _told(ratios))  # noqa: T201
    print("with two threads: " + _told(with_two))  # noqa: T201
    print(f"to one worker: {_told(_ratios(one, ONE_WORKER))}")  # noqa: T201
    for server in ("cache framework", "django"):
        times = {kind: _times(one, server, kind) for kind in KINDS[:2]}
        told = ", ".join(f"{kind} {ratio:,.0f}" for kind, ratio in times.items())
        print(f"edge to {server}: {told}")  # noqa: T201
    if as_json:
        print(json.dumps({**ratios, "with_two_threads": with_two}))  # noqa: T201
    return ratios


def _told(ratios: Mapping[str, float]) -> str:
    return ", ".join(f"{key} {value}" for key, value in ratios.items())


def _of(results: list[Result], server: str, kind: str) -> list[Result]:
    return [item for item in results if (item.server, item.kind) == (server, kind)]


def _times(results: list[Result], server: str, kind: str) -> float:
    """How often that server's requests a second the edge's are."""
    ours, theirs = (
        median(item.rate for item in _of(results, name, kind)) for name in (EDGE, server)
    )
    return ours / max(theirs, 0.1)


def _ratios(results: list[Result], server: str = NGINX) -> dict[str, float]:
    """The edge's figures by that server's; `p99_ratio` is the worst of the kinds."""
    ratios = {f"ratio_{kind}": _ratio(results, server, kind, "rate") for kind in KINDS}
    ratios["p99_ratio"] = max(_ratio(results, server, kind, "p99") for kind in KINDS)
    return ratios


def _ratio(results: list[Result], server: str, kind: str, name: str) -> float:
    """The median over the rounds of the edge's figure divided by that server's."""
    ours, theirs = (
        [getattr(item, name) for item in _of(results, who, kind)] for who in (EDGE, server)
    )
    return round(median(one / other for one, other in zip(ours, theirs, strict=True)), 3)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
