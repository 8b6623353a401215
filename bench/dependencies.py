"""What each direct dependency weighs: its files on disk, and the memory that importing it takes.

    .venv/bin/python -m bench.dependencies > bench/results/dependencies.tsv

`disk_kb` counts the package's own files; `frees_kb` what would go with it, since nothing else that
we ask for needs it. `import_kb` is how much more resident memory an interpreter has after the
import than before it (for what only a process with Django imports: with Django set up before), the
median of five; packages that no process of the site imports have none. The day of release comes
from `uv lock`.
"""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
GROUPS = ("requirements", "requirements-local", "requirements-dev")
COLUMNS = (
    "group",
    "name",
    "version",
    "released",
    "licence",
    "disk_kb",
    "frees_kb",
    "import_kb",
)
REPEATS = 5
DJANGO = (
    "from django.conf import settings; settings.configure(INSTALLED_APPS=['django.contrib.' + name"
    " for name in ('admin', 'auth', 'contenttypes', 'messages', 'sessions', 'staticfiles')]);"
    "import django; django.setup(); import django.core.handlers.wsgi, django.forms"
)
IMPORTS = {
    "brotli": "import brotli",
    "celery": "import celery.apps.worker, celery.beat, celery.concurrency.prefork, redis",
    "django": DJANGO,
    "django-csp": "import csp.constants, csp.middleware",
    "django-environ": "import environ",
    "django-ninja": "import ninja",
    "django-redis": "import django_redis.cache, django_redis.serializers.json",
    "django-stubs-ext": "import django_stubs_ext; django_stubs_ext.monkeypatch()",
    "granian": "import granian.server",
    "nh3": "import nh3",
    "pillow": "from PIL import Image, ImageDraw, ImageFont",
    "prometheus-client": "import prometheus_client",
    "psycopg2-binary": "import psycopg2",
    "requests": "import requests",
    "whitenoise": "import whitenoise.middleware, whitenoise.storage",
    "zstandard": "import zstandard",
}
ON_DJANGO = {
    "django-csp",
    "django-ninja",
    "django-redis",
    "django-stubs-ext",
    "prometheus-client",
    "whitenoise",
}
RESIDENT = "int(open('/proc/self/statm').read().split()[1]) * os.sysconf('SC_PAGE_SIZE') // 1024"


def main() -> None:
    groups = {group: _requirements(ROOT / f"{group}.in") for group in GROUPS}
    released = _releases(_pins(groups))
    print(*COLUMNS, sep="\t")  # noqa: T201 (a table on standard output is what this is for)
    known: list[Requirement] = []
    for group, requirements in groups.items():
        known += requirements
        for requirement in requirements:
            frees = _kilobytes(_closure([requirement]) - _closure(_others(requirement, known)))
            print(group, *_row(requirement, released, frees), sep="\t")  # noqa: T201


def _row(requirement: Requirement, released: dict[str, str], frees: int) -> tuple[object, ...]:
    name = canonicalize_name(requirement.name)
    found = distribution(name)
    return (
        requirement.name,
        found.version,
        released.get(name, ""),
        _licence(found),
        _kilobytes({name}),
        frees,
        _import_kilobytes(name),
    )


def _others(requirement: Requirement, known: list[Requirement]) -> list[Requirement]:
    return [other for other in known if other.name != requirement.name]


def _requirements(file: Path) -> list[Requirement]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]


def _pins(groups: dict[str, list[Requirement]]) -> list[str]:
    names = [requirement.name for group in groups.values() for requirement in group]
    return [f"{name}=={distribution(name).version}" for name in names]


def _closure(requirements: list[Requirement]) -> set[str]:
    """The names of the installed distributions that `requirements` need here, and of their own."""
    found: set[str] = set()
    waiting = list(requirements)
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if name in found and not wanted.extras:
            continue
        try:
            needed = distribution(name).requires or []
        except PackageNotFoundError:  # for another system or Python
            continue
        found.add(name)
        for part in map(Requirement, needed):
            extras = wanted.extras or {""}
            if not part.marker or any(part.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(part)
    return found


def _kilobytes(names: set[str]) -> int:
    files = {Path(str(file.locate())) for name in names for file in distribution(name).files or []}
    return sum(file.stat().st_size for file in files if file.is_file()) // 1024


def _licence(found: Distribution) -> str:
    metadata = found.metadata
    if stated := metadata.get("License-Expression") or metadata.get("License"):
        return str(stated).splitlines()[0]
    classifiers = [str(line) for line in metadata.get_all("Classifier") or []]
    return next((line.split(" :: ")[-1] for line in classifiers if "License ::" in line), "")


def _import_kilobytes(name: str) -> int | str:
    if name not in IMPORTS:
        return ""
    first = DJANGO if name in ON_DJANGO else ""
    program = (
        f"import os\n{first}\nbefore = {RESIDENT}\n{IMPORTS[name]}\nprint({RESIDENT} - before)"
    )
    return int(statistics.median(_run(program) for _ in range(REPEATS)))


def _run(program: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd="/"
    )
    return int(done.stdout)


def _releases(pins: list[str]) -> dict[str, str]:
    """The day on which each pinned version was published, by name; empty without uv."""
    uv = shutil.which("uv")
    if uv is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder, "pyproject.toml")
        project.write_text(
            '[project]\nname = "none"\nversion = "0"\nrequires-python = ">=3.11"\n'
            f"dependencies = {pins!r}\n",
            encoding="utf-8",
        )
        subprocess.run([uv, "lock", "--quiet"], cwd=folder, check=True)
        packages = tomllib.loads(Path(folder, "uv.lock").read_text(encoding="utf-8"))["package"]
    return {package["name"]: _day(package) for package in packages}


def _day(package: dict[str, list[dict[str, str]]]) -> str:
    days = [wheel["upload-time"] for wheel in package.get("wheels", []) if "upload-time" in wheel]
    return re.sub("T.*", "", min(days)) if days else ""


if __name__ == "__main__":
    main()
