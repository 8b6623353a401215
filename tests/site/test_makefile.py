"""What `make` says and does before any of our code can run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

OLD = """#!/bin/sh
exec {python} -c "import sys; sys.version_info = (3, 10, 4); sys.version = '3.10.4 (main)'; $2"
"""
BARE = """#!/bin/sh
case "$2" in *ensurepip*) exit 1 ;; esac
exec {python} "$@"
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout of which `make` needs no more than this."""
    for name in ("Makefile", "requirements-local.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def make(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments],
        cwd=tree,
        env={"PATH": os.environ["PATH"]},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def installed(tree: Path) -> None:
    """As after `make install`: an environment, and the stamps of what lies in it."""
    (tree / ".venv" / "bin").mkdir(parents=True)
    (tree / ".venv" / "bin" / "python").symlink_to(sys.executable)
    for stamp in (".local-installed", ".dev-installed"):
        (tree / ".venv" / stamp).touch()


def python(tree: Path, script: str) -> str:
    """A stand-in for `python3`, as a value for `PYTHON`."""
    file = tree / "python-of-this-machine"
    file.write_text(script.format(python=sys.executable))
    file.chmod(0o755)
    return f"PYTHON={file}"


def test_without_a_target_it_shows_the_help(tree: Path) -> None:
    shown = make(tree).stdout
    assert shown == make(tree, "help").stdout
    for target in ("run", "manage", "test", "check", "help"):
        assert f"  make {target} " in shown
    assert not (tree / ".venv").exists()


@pytest.mark.parametrize(
    ("script", "line"),
    [
        (OLD, "Python 3.11 or newer is needed, this is 3.10.4: PYTHON=python3.13 make run"),
        (BARE, "cannot make environments: install its venv package"),
    ],
)
def test_an_unfit_python_gives_one_line(tree: Path, script: str, line: str) -> None:
    done = make(tree, "run", python(tree, script))
    ours = [each for each in done.stderr.splitlines() if not each.startswith("make")]
    assert done.returncode != 0
    assert len(ours) == 1
    assert line in ours[0]
    assert not (tree / ".venv").exists()


def test_no_python_at_all_gives_one_line(tree: Path) -> None:
    done = make(tree, "run", "PYTHON=python-that-is-not-there")
    ours = [each for each in done.stderr.splitlines() if not each.startswith("make")]
    assert ours == ["python-that-is-not-there is not installed: Python 3.11 or newer is needed"]


def test_only_changed_requirements_are_installed_again(tree: Path) -> None:
    installed(tree)
    assert "pip install" not in make(tree, "-n", "run").stdout
    newer = (tree / ".venv" / ".local-installed").stat().st_mtime + 10
    os.utime(tree / "requirements-local.txt", (newer, newer))
    planned = make(tree, "-n", "run").stdout
    assert planned.index("pip install") < planned.index("marketsite.run")
    assert "--require-hashes -r requirements-local.txt" in planned
    assert "pip install" not in make(tree, "-n", "test").stdout


def test_an_environment_whose_python_was_removed_is_made_anew(tree: Path) -> None:
    installed(tree)
    (tree / ".venv" / "bin" / "python").unlink()
    (tree / ".venv" / "bin" / "python").symlink_to(tree / "python3.11-of-last-year")
    for target in ("run", "test"):
        planned = make(tree, "-n", target).stdout
        assert planned.index("-m venv .venv") < planned.index("pip install")
