"""A stack of three dummies under the real supervisor; run by `test_supervisor`.

Prints the dummies' process ids on one line when all are up. One of them is deaf to SIGTERM.
"""

from __future__ import annotations

import sys
from pathlib import Path

from config.devstack.children import Program
from config.devstack.reporter import Reporter
from config.devstack.supervisor import StopAsked, Supervisor

WAITING = "import signal; print('up', flush=True); signal.pause()"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {WAITING}"


def dummy(name: str, code: str, logs: Path) -> Program:
    """A program that is ready when it has said so."""
    log = logs / f"{name}.log"
    return Program(
        name=name,
        command=[sys.executable, "-c", code],
        ready=lambda: log.exists() and "up" in log.read_text(encoding="ascii"),
    )


def main(logs: Path) -> None:
    """Run until told to stop."""
    reporter = Reporter(sys.stdout)
    try:
        with Supervisor(reporter, logs) as supervisor:
            supervisor.start_group([dummy("first", WAITING, logs)], within_s=20)
            apps = [dummy("second", WAITING, logs), dummy("deaf", DEAF, logs)]
            supervisor.start_group(apps, within_s=20)
            reporter.say("pids " + " ".join(map(str, supervisor.process_ids())))
            supervisor.watch()
    except StopAsked:
        reporter.say("stopped")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
