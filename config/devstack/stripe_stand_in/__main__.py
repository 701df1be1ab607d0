"""`python -m config.devstack.stripe_stand_in`: the stand-in as a process of its own."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from config.devstack.stripe_stand_in import StandIn


def read_arguments(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="stripe_stand_in", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--webhook-url", help="where every event of every account is posted")
    parser.add_argument("--webhook-secret", default="whsec_stand_in")
    parser.add_argument(
        "--connected",
        action="append",
        default=[],
        metavar="ACCOUNT",
        help="an account every key may act for; may be given several times",
    )
    parser.add_argument("--state-file", type=Path, help="remember everything over restarts")
    parser.add_argument(
        "--control", action="store_true", help="open /_stand_in/ for faults and inspection"
    )
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Serve until SIGTERM or SIGINT; the address is the first line on standard output."""
    options = read_arguments(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with StandIn(
        webhook_url=options.webhook_url,
        webhook_secret=options.webhook_secret,
        connected=options.connected,
        port=options.port,
        state_file=options.state_file,
        control=options.control,
    ) as stand_in:
        sys.stdout.write(f"{stand_in.url}\n")
        sys.stdout.flush()
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
