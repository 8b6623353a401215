"""`docs/performance.md` is what the results say, and a run of all benches misses none."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from bench import document, limits, suite
from bench.__main__ import main
from bench.drawing import bars
from bench.suite import Bench, run
from tests.conftest import ROOT
from tests.documents import text

RESULTS = ROOT / "bench/results"
SVG = "{http://www.w3.org/2000/svg}"


def test_the_document_is_what_the_results_say() -> None:
    told = text("docs/performance.md").partition(document.BEGIN)[2].partition(document.END)[0]
    assert told.strip() == document.text().strip()
    assert document.text().count("\n## ") > 5
    for name, drawn in document.plots().items():
        assert drawn == (RESULTS / name).read_text(encoding="utf-8"), name


def test_the_limits_are_what_the_results_say() -> None:
    """`python -m bench --write` brings them into step."""
    told = text("docs/scaling.md").partition(limits.BEGIN)[2].partition(limits.END)[0]
    assert told.strip() == limits.text()
    assert "| requests a second for a public page | " in told


def test_each_bench_has_a_script_and_a_section() -> None:
    sections = [name for name, _, _ in document.SECTIONS]
    assert sorted(sections) == sorted(suite.BENCHES)
    for name in sections:
        assert (ROOT / f"bench/{name}.py").exists() or (ROOT / f"bench/{name}/__main__.py").exists()


def test_a_bench_without_results_has_no_section_and_one_with_a_run_tells_its_machine(
    tmp_path: Path,
) -> None:
    assert document.text(tmp_path).strip() == ""
    (tmp_path / "history.json").write_text((RESULTS / "history.json").read_text())
    machine = {
        "processor": "Abacus",
        "processors": "3",
        "memory": "4.2 GB",
        "kernel": "Linux 6.1",
        "python": "3.13.1",
    }
    ran = {"command": "python -m bench.history", "at": "2026-08-21T08:10Z", "seconds": 30}
    ran |= {"code": 1, "load": 0.4, "machine": machine}
    (tmp_path / suite.RUNS).write_text(json.dumps({"history": ran}))
    told = " ".join(document.text(tmp_path).split())
    assert told.startswith("## Ten years of minutes 2,936,250 quotes")
    assert "load 0.4 before it, on 3 × Abacus, 4.2 GB, Linux 6.1, Python 3.13.1" in told
    assert "it ended with exit code 1" in told


def test_a_bench_that_fails_keeps_no_other_from_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    package = tmp_path / "bench"
    package.mkdir()
    (package / "bad.py").write_text("print('over the bound'); raise SystemExit(3)")
    (package / "good.py").write_text("import sys; print('well', *sys.argv[1:])")
    monkeypatch.setattr(suite, "ROOT", tmp_path)
    benches = {
        "bad": Bench("a bound is missed", 2),
        "good": Bench("all is well", 0.5, ("--fast",), "good.txt"),
    }
    assert run(benches, tmp_path, benches) == 1
    ran = suite.recorded(tmp_path)
    assert [(name, kept["code"]) for name, kept in ran.items()] == [("bad", 3), ("good", 0)]
    assert ran["good"]["command"] == "python -m bench.good --fast"
    assert ran["good"]["machine"]["processors"].isdigit()
    assert (tmp_path / "good.txt").read_text() == "well --fast\n"
    shown = capsys.readouterr()
    assert "[1/2] bad: a bound is missed (some 2.5 minutes to go)" in shown.err
    assert "bad: exit code 3" in shown.err
    assert shown.out == "over the bound\nwell --fast\n"


def test_a_bench_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--only", "lists,nothing"])
    assert ended.value.code == 2
    assert "no such bench: nothing" in capsys.readouterr().err


def test_bars_are_to_scale_and_carry_their_figures() -> None:
    drawn = bars("Rate & cost", "/s", [("a <b>", 50.0, True), ("c", 12_500.0, False)], 6250.0)
    root = ET.fromstring(drawn)  # noqa: S314 (our own)
    wide = [float(bar.get("width", "0")) for bar in root.findall(f"{SVG}rect")[1:]]
    assert wide[1] == pytest.approx(250 * wide[0], rel=0.02)
    told = [element.text for element in root.findall(f"{SVG}text")]
    assert told == ["Rate & cost", "a <b>", "50 /s", "c", "12,500 /s", "6,250"]
    (line,) = root.findall(f"{SVG}line")
    left = float(root.findall(f"{SVG}rect")[1].get("x", "0"))
    assert float(line.get("x1", "0")) - left == pytest.approx(wide[1] / 2, abs=0.1)
