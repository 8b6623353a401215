"""`python -m tests.upstreams`: the upstreams by hand, until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from tests.upstreams.scenarios import SCENARIOS
from tests.upstreams.server import Upstreams


def main() -> int:
    """Serve until a signal; 1 when the port is not free."""
    options = _options()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        upstreams = Upstreams(options.scenario, options.host, options.port, log=_say)
    except OSError as error:
        sys.stderr.write(f"port {options.port} cannot be used: {error.strerror}\n")
        return 1
    with upstreams:
        scenario = SCENARIOS[options.scenario]
        _say(f"# {options.scenario}: {scenario.about}. Set for the site's processes:")
        for name, value in upstreams.environment.items():
            _say(f"{name}={value}")
        if scenario.clock:
            _say(f"MARKETSITE_CLOCK={scenario.clock}")
        stopped.wait()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.upstreams",
        description="A local server that speaks the upstreams' protocols.",
        epilog="scenarios: "
        + "; ".join(f"{name}: {item.about}" for name, item in SCENARIOS.items()),
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8900, help="0 takes a free one")
    parser.add_argument("--scenario", choices=tuple(SCENARIOS), default="eod")
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
