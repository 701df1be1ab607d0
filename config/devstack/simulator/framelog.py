"""A log of the frames a station sent and received, one JSON object per line."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson


@dataclass(frozen=True, slots=True)
class Frame:
    """One OCPP-J frame of one station; `is_sent` is seen from the station."""

    station: str
    version: str
    is_sent: bool
    message: list[Any]


class FrameLog:
    """Appends frames to a file; a run that is cut leaves whole lines behind."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def write(self, frame: Frame) -> None:
        """Add one frame."""
        row = {
            "station": frame.station,
            "version": frame.version,
            "direction": "sent" if frame.is_sent else "received",
            "message": frame.message,
        }
        self._file.write(orjson.dumps(row) + b"\n")


def read_frames(path: Path) -> Iterator[Frame]:
    """Frames of a log file in order; a half-written last line is left out."""
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                row = orjson.loads(line)
                yield Frame(
                    row["station"], row["version"], row["direction"] == "sent", row["message"]
                )


def sent_calls(frames: Iterable[Frame]) -> list[Frame]:
    """The calls the stations made, without their answers to the platform."""
    return [frame for frame in frames if frame.is_sent and frame.message[0] == 2]
