"""What a person sees while the stack comes up: one line per thing done, with its time."""

from __future__ import annotations

import os
import time
from typing import TextIO

NAME_WIDTH = 16


class Reporter:
    """Writes progress; a terminal that has gone away is no error."""

    def __init__(self, stream: TextIO) -> None:
        """Write to `stream`."""
        self._stream = stream
        self._started_at = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start of this run, stage 0 included when it told us its start."""
        return time.monotonic() - self._started_at + stage_0_s()

    def say(self, line: str = "") -> None:
        """One line as it is."""
        try:
            self._stream.write(f"{line}\n")
            self._stream.flush()
        except OSError:
            return

    def begin(self, name: str, what: str) -> None:
        """Something has begun that takes a while."""
        self.say(f"  {name:<{NAME_WIDTH}} {what} ...")

    def ready(self, name: str, what: str, took_s: float) -> None:
        """Something is ready."""
        self.say(f"  {name:<{NAME_WIDTH}} {what} ({took_s:.1f} s)")


def stage_0_s() -> float:
    """Seconds the set-up of the Python environment took in this run; 0 when it was there."""
    return float(os.environ.get("LADDBOK_STAGE_0_S", "0"))
