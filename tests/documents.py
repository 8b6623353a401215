"""The project's own files, as an operator reads them."""

from __future__ import annotations

import re

from tests.conftest import ROOT


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def example() -> dict[str, str]:
    """The variables of .env.example with their defaults; empty where there is none to write."""
    found = re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=(.*)$", text(".env.example"), re.MULTILINE)
    assert len(found) == len(dict(found)), "a variable stands twice in .env.example"
    return dict(found)
