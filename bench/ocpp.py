"""What one metering call costs: the finished server, a naive one, and a bare echo, in turns.

Run: python -m bench.ocpp [--rounds 3] [--seconds 5] [--sockets 300] [--paced CALLS_PER_S]

Starts a PostgreSQL that keeps what it commits and a Valkey, and real server processes on them. All
three get the same calls of 8 sampled values, closed loop, one after the other in each round; the
naive one from 60 sockets, as it does no more with more. Ratios of one run can be compared, figures
of different machines can not. With `--paced` only the finished server is measured, at that rate.
"""

from __future__ import annotations

import os
import subprocess
import sys

from config.devstack.pytest_plugin import Servers

DURABLE = ("fsync=on", "synchronous_commit=on", "max_connections=100", "max_wal_size=4GB")


def main() -> int:
    """Start PostgreSQL and Valkey, and do the rest in a process that finds them."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    servers = Servers(DURABLE)
    try:
        servers.start()
        command = [sys.executable, "-m", "bench.ocpp_run", *sys.argv[1:]]
        return subprocess.run(command, check=False).returncode
    finally:
        servers.stop()


if __name__ == "__main__":
    sys.exit(main())
