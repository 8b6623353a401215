"""What holds of the whole tree, whoever adds to it."""

from __future__ import annotations

import ast
import hashlib
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.conftest import ROOT

APPS = ("marketsite", "market", "reports")
CODE = (*APPS, "tests", "bench", "deploy")
TOP = {
    "manage.py Makefile README.md README.vi.md CHANGELOG.md LICENSE pyproject.toml Procfile",
    ".env.example requirements.in requirements-local.in requirements-dev.in",
    "requirements.txt requirements-local.txt requirements-dev.txt",
    "Dockerfile docker-compose.yml deploy marketsite market reports",
    "templates static locale docs bench tests",
}
LONGEST_FILE = 500
LONGEST_FUNCTION = 80
LEFT_OVER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
NOT_UNDER_THE_POLICY = {
    "a script in the page": r"<script(?![^>]*\bsrc=)[^>]*>",
    "a style in the page": r"<style\b",
    "a style attribute": r"<[^>]*\sstyle\s*=",
    "an event attribute": r"<[^>]*\son[a-z]+\s*=",
    "a script address": r"javascript:",
    "another host": r"<(?:script|link|img|iframe)\b[^>]*(?:src|href)=\"(?:https?:)?//",
}


def python_files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


# The tree


def test_the_top_level_is_the_one_that_the_design_names() -> None:
    wanted = {name for line in TOP for name in line.split()}
    assert {name for name in wanted if not (ROOT / name).exists()} == set()
    plain = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert plain - wanted - {"staticfiles"} == set()


def test_files_and_functions_stay_short() -> None:
    long = []
    for path in python_files(*CODE):
        source = path.read_text(encoding="utf-8")
        if len(source.splitlines()) > LONGEST_FILE:
            long.append(short(path))
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    long.append(f"{short(path)}:{node.lineno} {node.name}")
    assert long == []


def test_nothing_is_left_for_later_in_a_comment() -> None:
    here = Path(__file__)
    texts = [path for path in python_files(*CODE) if path != here]
    texts += [*(ROOT / "templates").rglob("*.html"), *(ROOT / "static" / "css").rglob("*.css")]
    texts += (ROOT / "static" / "js").rglob("*.js")
    assert len(texts) > 100
    found = [short(path) for path in texts if LEFT_OVER.search(path.read_text(encoding="utf-8"))]
    assert found == []


@pytest.mark.django_db
def test_the_migrations_are_those_of_the_models() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_each_index_names_the_query_that_it_serves() -> None:
    silent, seen = [], 0
    for path in [ROOT / "market" / "models.py", *python_files("reports/models")]:
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            if re.search(r"models\.(Index|UniqueConstraint)\(", line):
                seen += 1
                if "#" not in line and not lines[number - 1].strip().startswith("#"):
                    silent.append(f"{short(path)}:{number + 1}")
    assert seen > 4
    assert silent == []


# Imports


def pure_modules() -> list[str]:
    """The modules that must know no Django, from the contracts that `make check` holds."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found = []
    for contract in contracts["tool"]["importlinter"]["contracts"]:
        if "django" in contract["forbidden_modules"]:
            found += contract["source_modules"]
    for name in list(found):
        module = import_module(name)
        if hasattr(module, "__path__"):
            found += [f"{name}.{inner.name}" for inner in pkgutil.iter_modules(module.__path__)]
    return found


def test_the_pure_modules_load_no_django_in_a_fresh_interpreter() -> None:
    modules = pure_modules()
    assert {"market.http", "market.sources.vietcap", "reports.writing.writers.analyst"} <= set(
        modules
    )
    script = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]:\n"
        "    importlib.import_module(name)\n"
        "    loaded = {'django', 'celery', 'django_redis', 'marketsite'} & set(sys.modules)\n"
        "    if loaded: sys.exit(f'{name} loads {loaded}')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *modules],
        cwd=ROOT,
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


# Templates and what is vendored


@pytest.mark.parametrize("fault", NOT_UNDER_THE_POLICY)
def test_no_template_holds_what_the_policy_forbids(fault: str) -> None:
    pattern = re.compile(NOT_UNDER_THE_POLICY[fault], re.IGNORECASE)
    templates = sorted((ROOT / "templates").rglob("*.html"))
    for own_policy in ("original/frame.html", "export.html"):
        templates.remove(ROOT / "templates" / "reports" / own_policy)
    assert len(templates) > 15
    found = [short(path) for path in templates if pattern.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_each_vendored_file_is_the_one_that_its_table_names() -> None:
    folder = ROOT / "static" / "vendor"
    readme = (folder / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\S+) \| (\S+) \| (\S+) \| (\S+) \| ([0-9a-f]{64}) \|$", readme, re.M)
    assert rows
    for name, _package, release, licence, digest in rows:
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
        assert re.fullmatch(r"\d+(\.\d+)+", release), name
        assert licence
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    beside = {name for name in files if re.search(r"README\.md$|(OFL|LICENSE|LICENCE)", name)}
    assert files - beside == {name for name, *_ in rows}
    assert len(beside) > 1, "the licences themselves lie beside the files"


# Requirements


@pytest.mark.parametrize("name", ["requirements", "requirements-local", "requirements-dev"])
def test_requirements_are_pinned_and_hashed_and_name_no_index(name: str) -> None:
    text = (ROOT / f"{name}.txt").read_text(encoding="utf-8")
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links|--trusted-host", text)
    lines = "".join(
        line for line in text.splitlines(keepends=True) if not line.strip().startswith("#")
    )
    pinned = {}
    for entry in lines.replace("\\\n", "").splitlines():
        assert re.match(r"[\w.\[\]-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", entry), entry
        package, _, rest = entry.partition("==")
        pinned[package.partition("[")[0].lower()] = rest.split()[0]
    asked = (ROOT / f"{name}.in").read_text(encoding="utf-8")
    for package in re.findall(r"^([A-Za-z][\w-]*)", asked, re.M):
        assert package.lower() in pinned, package
    for smaller in re.findall(r"^-r (\S+)\.in", asked, re.M):
        within = (ROOT / f"{smaller}.txt").read_text(encoding="utf-8")
        for package, version in re.findall(r"^([\w-]+)==(\S+)", within, re.M):
            assert pinned[package.lower()] == version, package
