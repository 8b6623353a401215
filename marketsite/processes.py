"""Child processes for `make run`: side by side, and gone when we are, whatever ends us.

Each child leads a session of its own, so a terminal's Ctrl-C reaches us alone and we stop the
children in order. The kernel signals them when we are killed, and each carries a mark in its
environment, by which the next start finds what did not obey. Where the system has no such signal
or no `/proc` (macOS), only the orderly end is covered.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

logger = logging.getLogger(__name__)

MARK = "MARKETSITE_RUN"
STOP_SECONDS = 15.0
LEFT_SECONDS = 5.0  # what is left was asked to stop before
TICK_SECONDS = 0.1
LONGEST_LINE = 64 * 1024
COLOURS = (36, 33, 32, 35)
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PR_SET_PDEATHSIG = 1


def stop_on_signals() -> None:
    """Make Ctrl-C, a request to stop and a closed terminal raise KeyboardInterrupt, once.

    A signal that we inherited as ignored, as `nohup` does, stays ignored.
    """
    for number in STOP_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def ignore_signals() -> None:
    """From here on we are stopping already; a second Ctrl-C must not cut that short.

    Not SIG_IGN: Python complains of a signal that arrives while its handler changes to that.
    """
    for number in STOP_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _do_nothing)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    ignore_signals()
    raise KeyboardInterrupt


def _do_nothing(_number: int, _frame: FrameType | None) -> None:
    pass


def say(text: str) -> None:
    """Write to standard output at once; nobody may be listening any more."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(text)
        sys.stdout.flush()


def start(
    arguments: list[str], stop_signal: signal.Signals = signal.SIGTERM, **options: Any
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own; the kernel sends it `stop_signal` when we die."""
    return subprocess.Popen(
        arguments,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_tether(os.getpid(), stop_signal) if _prctl else None,
        **options,
    )


def stop(process: subprocess.Popen[bytes], stop_signal: signal.Signals, name: str) -> None:
    """End a process and all that it started; one that does not stop in time is killed."""
    if process.poll() is None:
        process.send_signal(stop_signal)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            logger.warning("%s does not stop and is killed", name)
    _kill_session(process)


def run_command(arguments: list[str], seconds: float | None = None, **options: Any) -> int | None:
    """Run a command to its end; its exit code, or None when it was stopped after `seconds`."""
    process = start(arguments, **options)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        stop(process, signal.SIGTERM, arguments[-1])


def stop_leftovers(mark: str) -> None:
    """End what an earlier start with the same mark left running when it was killed."""
    left = _marked(mark)
    if not left:
        return
    logger.warning("stopping %d processes that an earlier start left behind", len(left))
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        deadline = time.monotonic() + LEFT_SECONDS
        while (left := _marked(mark)) and time.monotonic() < deadline:
            time.sleep(TICK_SECONDS)
        if not left:
            return
    raise ChildProcessError(f"processes of an earlier start do not stop: {left}")


def _marked(mark: str) -> list[int]:
    """The other processes whose environment carries the mark."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return [pid for pid in found if pid != os.getpid()]


@dataclass(slots=True)
class _Child:
    name: str
    process: subprocess.Popen[bytes]
    unfinished: bytes = b""


@dataclass(slots=True)
class Runner:
    """Runs commands side by side; each line of their output begins with time and name.

    Ends when one of them does, when one of the `watched` processes does, or by KeyboardInterrupt,
    and then stops all that it started.
    """

    commands: Mapping[str, str]
    environment: Mapping[str, str]
    folder: Path
    watched: Mapping[str, subprocess.Popen[bytes]]
    _children: list[_Child] = field(default_factory=list)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)

    def run(self) -> int:
        """The exit code of the process that ended first; 1 when it called that a success."""
        try:
            for name, command in self.commands.items():
                self._start(name, command)
            while (ended := self._ended()) is None:
                self._relay(TICK_SECONDS)
            name, code = ended
            logger.error("marketsite: %s ended (%s), so everything stops", name, _reason(code))
            return 128 - code if code < 0 else code or 1
        finally:
            ignore_signals()
            self._stop()

    def _start(self, name: str, command: str) -> None:
        process = start(
            ["/bin/sh", "-c", command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.environment,
            cwd=self.folder,
        )
        child = _Child(name, process)
        self._children.append(child)
        self._selector.register(_output(process), selectors.EVENT_READ, child)

    def _ended(self) -> tuple[str, int] | None:
        everyone = {child.name: child.process for child in self._children} | dict(self.watched)
        for name, process in everyone.items():
            if (code := process.poll()) is not None:
                return name, code
        return None

    def _relay(self, seconds: float) -> bool:
        """Pass on what the children wrote within `seconds`; whether there was anything."""
        ready = self._selector.select(seconds)
        for key, _ in ready:
            child: _Child = key.data
            data = os.read(key.fd, LONGEST_LINE)
            if not data:
                self._selector.unregister(key.fileobj)
            *lines, rest = (child.unfinished + data).split(b"\n")
            if rest and (not data or len(rest) > LONGEST_LINE):
                lines, rest = [*lines, rest], b""
            child.unfinished = rest
            for line in lines:
                say(f"{self._prefix(child.name)} {line.decode(errors='replace')}\n")
        return bool(ready)

    def _prefix(self, name: str) -> str:
        width = max(len(each) for each in self.commands)
        text = f"{datetime.now():%H:%M:%S} {name.ljust(width)} |"  # noqa: DTZ005 (the reader's)
        if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
            return text
        colour = COLOURS[list(self.commands).index(name) % len(COLOURS)]
        return f"\033[{colour}m{text}\033[0m"

    def _stop(self) -> None:
        for child in self._children:
            if child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        while self._running() and time.monotonic() < deadline:
            self._relay(TICK_SECONDS)
        for name in self._running():
            logger.warning("%s does not stop and is killed", name)
        for child in self._children:
            _kill_session(child.process)
        while self._selector.get_map() and self._relay(0):
            pass
        for child in self._children:
            _output(child.process).close()
        self._selector.close()

    def _running(self) -> list[str]:
        return [child.name for child in self._children if child.process.poll() is None]


def _output(process: subprocess.Popen[bytes]) -> Any:
    return process.stdout


def _reason(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _kill_session(process: subprocess.Popen[bytes]) -> None:
    """Leave nothing of the session that the process led, itself included."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _tether(parent: int, number: signal.Signals) -> Callable[[], None]:
    """What the child does before it becomes its program: ask for `number` when we die."""

    def tether() -> None:
        _prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # we died in between
            os.kill(os.getpid(), number)

    return tether


def _find_prctl() -> Any:
    try:
        return ctypes.CDLL(None).prctl
    except (AttributeError, OSError):  # macOS has none
        return None


_prctl = _find_prctl()


def parse_procfile(lines: Iterable[str]) -> dict[str, str]:
    """Commands by name, in the file's order."""
    pairs = (line.strip().partition(":") for line in lines)
    return {
        name.strip(): command.strip()
        for name, colon, command in pairs
        if colon and not name.startswith("#")
    }
