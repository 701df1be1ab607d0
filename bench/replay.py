"""Real charging sessions through the whole platform, against a bare echo of the same frames.

Run: python -m bench.replay [--sessions 500] [--interval 900] [--data FOLDER]
Starts servers of its own, replays the first sessions of a file of ACN-Data at speed through the
socket on stations of both OCPP versions, waits until each session is checked and charged, and sends
the very same frames to a server that only echoes. Ratios of one run can be compared, figures of
different machines can not.
"""

from __future__ import annotations

import os
import subprocess
import sys

from config.devstack.pytest_plugin import Servers


def main() -> int:
    """Start PostgreSQL and Valkey, and do the rest in a process that finds them."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    servers = Servers()
    try:
        servers.start()
        command = [sys.executable, "-m", "bench.replay_run", *sys.argv[1:]]
        return subprocess.run(command, check=False).returncode
    finally:
        servers.stop()


if __name__ == "__main__":
    sys.exit(main())
