"""The soak in its short form: a sound site passes it, and each kind of leak fails it by name."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

SHORT = ["--days", "2", "--refreshes", "24"]
MUTANTS = f"{ROOT}{os.pathsep}{ROOT / 'tests' / 'mutants'}"


@dataclass(frozen=True, slots=True)
class Soak:
    """A soak that is over."""

    code: int
    line: dict[str, Any]
    document: dict[str, Any]
    beside: str

    @property
    def broken(self) -> list[str]:
        return list(self.document["verdict"]["broken"])


def soak(folder: Path, mutant: str = "") -> Soak:
    """A short soak, with a fault let into each process of the site, as `sitecustomize` does it."""
    changes = {"SOAK_MUTANT": mutant, "PYTHONPATH": MUTANTS} if mutant else {}
    settings = [part for name, value in changes.items() for part in ("--set", f"{name}={value}")]
    done = subprocess.run(
        [sys.executable, "manage.py", "soak", *SHORT, "--json", "--out", str(folder), *settings],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )
    assert done.stdout.count("\n") == 1, done.stderr
    document = json.loads((folder / "short-soak.json").read_text(encoding="utf-8"))
    return Soak(done.returncode, json.loads(done.stdout), document, done.stderr)


def test_a_sound_site_passes(tmp_path: Path) -> None:
    found = soak(tmp_path)
    assert found.broken == []
    assert found.code == 0
    assert found.line["days"] == 2
    assert "All bounds hold." in found.beside
    assert re.findall(r"day  2\.00 100% .* reports 4 .* 0 left\n", found.beside)
    assert found.document["verdict"]["peak_worst"] > found.document["verdict"]["peak_usual"] > 0
    assert len(found.document["samples"]) == 16
    assert (tmp_path / "short-soak.svg").stat().st_size > 1000


@pytest.mark.parametrize(
    ("mutant", "reason"),
    [
        ("keeps_a_little", "worker: MB a day by its own books"),
        ("leaves_clients_open", "Redis clients, most less fewest"),
        ("keeps_locals", "worker: MB a day"),
    ],
)
def test_a_leak_is_found_where_it_is(mutant: str, reason: str, tmp_path: Path) -> None:
    found = soak(tmp_path, mutant)
    assert found.code == 1
    assert [line for line in found.broken if line.startswith(f"{reason}: ")]
    assert not [line for line in found.broken if line.startswith("web")]
