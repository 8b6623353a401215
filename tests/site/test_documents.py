"""The documents agree with the code: variables, defaults, commands, links, and measured figures."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands

from market import snapshot
from market.refresh import refresh_indices
from tests.conftest import ROOT
from tests.documents import example, text
from tests.upstreams import Upstreams

REQUIRED = {"SECRET_KEY", "DATABASE_URL", "REDIS_URL"}
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "README.vi.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
ASKS = {
    "Procfile": r"\$\{([A-Z_]+):-",
    "docker-compose.yml": r"\$\{([A-Z_]+)[:}]",
    "marketsite/run.py": r'env\.text\("([A-Z_]+)"',
    "marketsite/web.py": r'env\.(?:text|whole)\("([A-Z_]+)"',
    "reports/management/commands/prepare_site.py": r'\.secret\("([A-Z_]+)"',
}
PROBE = """
import json, os, re, types
from marketsite import environment
read = set()
class Recorder:
    def get(self, name, default=None):
        read.add(name)
        return os.environ.get(name, default)
    def __setitem__(self, name, value):
        os.environ[name] = value
environment.os = types.SimpleNamespace(**{**vars(os), "environ": Recorder()})
from marketsite import settings
values = {name: value for name, value in vars(settings).items() if name.isupper()}
text = json.dumps(values, default=repr, sort_keys=True)
print(json.dumps([sorted(read), json.loads(re.sub(" at 0x[0-9a-f]+", "", text))]))
"""


# Configuration


def probed(variables: dict[str, str]) -> tuple[set[str], dict[str, Any]]:
    """The variables that the settings ask for, and the settings that come of it."""
    required = {name: os.environ[name] for name in REQUIRED}
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=ROOT,
        env={"PATH": os.defpath, "ENV_FILE": os.devnull, **required, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    names, values = json.loads(done.stdout)
    return set(names), values


def readme_table() -> dict[str, str]:
    """Variable and default cell of each row of the README's table."""
    return dict(re.findall(r"^\| `([A-Z_]+)` \| (.+?) \|", text("README.md"), re.MULTILINE))


def asked_elsewhere() -> set[str]:
    return {name for path, ask in ASKS.items() for name in re.findall(ask, text(path))}


def test_each_variable_is_documented_and_none_is_invented() -> None:
    asked, _ = probed({})
    secrets = {name for name in asked if f"{name}_FILE" in asked}
    asked -= {f"{name}_FILE" for name in secrets}
    assert set(example()) == asked | asked_elsewhere()
    secrets.add("ADMIN_PASSWORD")
    assert set(readme_table()) == set(example()) - {"POSTGRES_PASSWORD"}
    for document in ("README.md", ".env.example"):
        (named,) = re.findall(r"((?:[A-Z_`]+, )+[A-Z_`]+ and [A-Z_`]+)\s+may", flat(document))
        assert set(re.findall(r"[A-Z_]+", named)) == secrets


def flat(path: str) -> str:
    return re.sub(r"\s*\n#?\s*", " ", text(path))


def test_documented_defaults_are_those_of_the_code(tmp_path: Path) -> None:
    documented = {name: value for name, value in example().items() if value}
    file = tmp_path / "env"
    file.write_text("".join(f"{name}={value}\n" for name, value in documented.items()))
    _, by_default = probed({})
    _, written_out = probed({"ENV_FILE": str(file)})
    assert written_out == by_default
    in_procfile = dict(re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", text("Procfile")))
    assert in_procfile.items() <= documented.items()


def test_the_readme_and_the_example_agree_on_defaults() -> None:
    values = example()
    for name, cell in readme_table().items():
        literal = re.fullmatch("`(.*)`", cell)
        assert values[name] == (literal[1] if literal else ""), name
        assert (cell == "required") == (name in REQUIRED), name


# Documents


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.name))
def test_a_document_leads_nowhere_in_vain(document: Path) -> None:
    source = document.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#\s]+)\)|src=\"([^\"]+)\"", source)
    for link in filter(None, (one or other for one, other in links)):
        if "://" not in link:
            assert (document.parent / link).exists(), link
    for target in re.findall(r"(?:^|`|\d )make ([a-z-]+)", source, re.MULTILINE):
        assert re.search(rf"^{target}:", text("Makefile"), re.MULTILINE), target
    for command in re.findall(r"\bmanage ([a-z]\w+)", source):
        assert command in get_commands(), command
    for path in re.findall(
        r"(?<![\w./])((?:deploy|bench|docs|market|reports|tests)/[\w./-]+)", source
    ):
        assert (ROOT / path).exists(), path


@pytest.mark.django_db
def test_the_snapshot_in_the_docs_is_the_real_one(upstreams: Upstreams) -> None:
    (block,) = re.findall(r"```json\n(.*?)```", text("docs/upgrading.md"), re.DOTALL)
    documented = json.loads(block)
    refresh_indices()
    real = dict(snapshot.read())
    assert documented == real | {"indices": {"vnindex": snapshot.read()["indices"]["vnindex"]}}


def results(name: str) -> list[dict[str, str]]:
    with (ROOT / "bench/results" / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_documented_memory_is_the_measured_one() -> None:
    verdict = json.loads(text("bench/results/soak.json"))["verdict"]
    worker, everything = verdict["worker_tree"], verdict["with_servers"]
    measured = (verdict["pss_total"] - worker, worker, everything)
    rows = zip(("web", "worker", "with PostgreSQL and Valkey"), measured, strict=True)
    for name, megabytes in rows:
        assert f"| {name} | {megabytes:.0f} |" in text("docs/operations.md")


def test_each_dependency_has_its_reason_and_its_measured_weight() -> None:
    measured = {row["name"].lower(): row for row in results("dependencies.tsv")}
    table = re.findall(r"^\| ([\w-]+) \| (.+) \|$", text("docs/dependencies.md"), re.MULTILINE)
    documented = {name.lower(): cells.split(" | ") for name, cells in table if name != "package"}
    asked = set()
    for file in ROOT.glob("requirements*.in"):
        lines = re.findall(r"^([A-Za-z][\w-]*)", file.read_text(), re.MULTILINE)
        asked |= {name.lower() for name in lines}
    assert set(documented) == set(measured) == asked
    for name, (reason, _licence, released, *sizes) in documented.items():
        row = measured[name]
        assert len(reason) > 10
        assert released == row["released"]
        kilobytes = [row["disk_kb"], row["frees_kb"], row["import_kb"]]
        assert sizes == [f"{int(size) / 1024:.1f}" if size else "–" for size in kilobytes], name
