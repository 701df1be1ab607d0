"""The stand-in's memory between runs: one JSON line per change, read back at start."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson


class Journal:
    """Appends changes to a file; without a path it keeps nothing."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.file = None
        if path is not None:
            cut_broken_tail(path)
            self.file = path.open("ab", buffering=0)

    def write(self, entry: dict[str, Any]) -> None:
        """Append one change. The process may be killed at any time, so nothing is buffered."""
        if self.file is not None:
            self.file.write(orjson.dumps(entry) + b"\n")

    def read(self) -> Iterator[dict[str, Any]]:
        """Every change written so far, oldest first."""
        if self.path is not None:
            with self.path.open("rb") as lines:
                yield from map(orjson.loads, lines)

    def close(self) -> None:
        """Close the file; later writes are dropped."""
        if self.file is not None:
            self.file.close()
            self.file = None


def cut_broken_tail(path: Path) -> None:
    """Drop a last line that a kill cut short, so that the next line starts fresh."""
    if path.exists():
        with path.open("rb+") as file:
            whole = file.read().rfind(b"\n") + 1
            file.truncate(whole)
