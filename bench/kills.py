"""Kills the web server and PostgreSQL while stations report: is what was answered still there?

Run: python -m bench.kills [--kills 6] [--sockets 40]

Each time either the server gets SIGKILL or PostgreSQL an immediate stop, at a random moment; both
come back, and the stations send what was not answered again. At the end every answered sample must
be there, none may be there that was not sent, and each session must have counted its own. Ends with
code 1 otherwise.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from bench.ocpp import DURABLE
from config.devstack.pytest_plugin import Servers

POLL_S = 0.05


def main() -> int:
    """Start the servers, start PostgreSQL again whenever it was stopped, and end them."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    servers = Servers(DURABLE)
    try:
        servers.start()
        command = [sys.executable, "-m", "bench.kills_run", *sys.argv[1:]]
        with subprocess.Popen(command) as run:
            while run.poll() is None:
                servers.revive()
                time.sleep(POLL_S)
            return run.returncode
    finally:
        servers.stop()


if __name__ == "__main__":
    sys.exit(main())
