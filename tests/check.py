"""`make check`: everything that can be judged without running the site. Quick, and all of it."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests import messages

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
ENVIRONMENT = {
    "ENV_FILE": os.devnull,
    "SECRET_KEY": secrets.token_urlsafe(48),
    "SITE_URL": "https://marketsite.example",
    "DATABASE_URL": "postgresql://nobody@/none?host=/nowhere",
    "REDIS_URL": "redis://127.0.0.1:9/0",
}


def main() -> int:
    """Run every check; 1 when any failed, with its output."""
    manage = [sys.executable, "-W", "ignore", "manage.py"]
    failures = [
        name
        for name, command in (
            ("ruff", ["ruff", "check", "--quiet", "."]),
            ("format", ["ruff", "format", "--quiet", "--check", "."]),
            ("templates", ["djade", "--check", "--target-version", "5.2", *_files("*.html")]),
            ("types", ["mypy"]),
            ("imports", ["lint-imports", "--verbose"]),
            ("migrations", [*manage, "makemigrations", "--check", "--dry-run"]),
            ("deployment", [*manage, "check", "--deploy", "--fail-level", "WARNING"]),
            ("dockerfile", ["hadolint", "Dockerfile"]),
        )
        if not _run(name, command)
    ]
    failures += [] if _say("messages", not (faults := messages.faults()), faults) else ["messages"]
    return 1 if failures else 0


def _run(name: str, command: Sequence[str]) -> bool:
    program = command[0] if os.sep in command[0] else str(BIN / command[0])
    began = time.monotonic()
    done = subprocess.run(
        [program, *command[1:]],
        cwd=ROOT,
        env=os.environ | ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    output = (done.stdout + done.stderr).strip().splitlines()
    return _say(name, done.returncode == 0, output, time.monotonic() - began)


def _say(name: str, good: bool, output: Sequence[str], seconds: float = 0.0) -> bool:
    sys.stdout.write(f"{name:<12} {'ok' if good else 'FAILED':<7} {seconds:5.1f} s\n")
    if not good:
        sys.stdout.write("".join(f"    {line}\n" for line in output))
    sys.stdout.flush()
    return good


def _files(pattern: str) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", pattern],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return listed.stdout.split()


if __name__ == "__main__":
    sys.exit(main())
