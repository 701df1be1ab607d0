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
        # Stage 0 tells when the command was given; what we start shall not take it for its own.
        self._began_at = float(os.environ.pop("LADDBOK_BEGAN_AT", time.time()))

    @property
    def elapsed_s(self) -> float:
        """Seconds since the command was given, the set-up of the environment included."""
        return time.time() - self._began_at

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
