"""Python runs this first of all where this folder is on `PYTHONPATH`: it lets in one mutant."""

from __future__ import annotations

import importlib
import os

importlib.import_module(f"tests.mutants.{os.environ['SOAK_MUTANT']}")
