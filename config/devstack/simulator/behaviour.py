"""How a simulated station misbehaves on the wire; everything is off unless switched on."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Behaviour:
    """Habits seen on real stations; may be changed while the station runs.

    `repeat`: actions sent a second time with a new message id. `lose_answers`: how many answers
    per action are treated as never received, so that the call is sent again. `reorder_window`:
    meter values, status and transaction messages are collected and sent shuffled. `silent_after`:
    calls after which nothing more is sent or answered, with the socket open. `cut_before`: numbers
    of the calls before which the connection drops without a close frame. `outage`: the samples of
    each charge during which the station is offline and queues (0 lies before the start).
    `delay_s`: real seconds before each call and each answer.
    """

    repeat: frozenset[str] = frozenset()
    lose_answers: dict[str, int] = field(default_factory=dict)
    reorder_window: int = 0
    silent_after: int | None = None
    cut_before: frozenset[int] = frozenset()
    outage: range | None = None
    delay_s: float = 0.0
    longest_pause_s: float = 30.0
    reconnect_delays_s: tuple[float, ...] = (0, 1, 5, 10)
    answer_timeout_s: float = 60.0
    boots_after_reconnect: bool = False
    repeats_samples_at_stop: bool = False
    shows_key: bool = True
    energy_unit: str = "Wh"
