"""The energy register of a simulated meter."""

WATT_SECONDS_PER_WH = 3600


class EnergyRegister:
    """A meter that counts whole watt seconds and shows multiples of its resolution.

    What the display leaves out stays counted, so coarse resolutions lose no energy.
    """

    def __init__(self, start_wh: int = 0, *, resolution_wh: int = 1) -> None:
        if resolution_wh < 1:
            raise ValueError(f"resolution_wh must be at least 1, not {resolution_wh}")
        self.resolution_wh = resolution_wh
        self.total_ws = start_wh * WATT_SECONDS_PER_WH
        self._shift_wh = 0

    def add(self, energy_ws: int) -> None:
        """Count energy that has passed the meter, in watt seconds."""
        if energy_ws < 0:
            raise ValueError(f"a meter never counts backwards: {energy_ws} Ws")
        self.total_ws += energy_ws

    def shift(self, energy_wh: int) -> None:
        """Falsify the display from now on (a broken meter), leaving the true count alone."""
        self._shift_wh += energy_wh

    @property
    def reading_wh(self) -> int:
        """What the meter shows, in Wh."""
        shown_wh = self.total_ws // WATT_SECONDS_PER_WH + self._shift_wh
        return max(0, shown_wh // self.resolution_wh * self.resolution_wh)
