"""How often anybody may knock: failures are counted by address and by station, with back-off."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple, Protocol

from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

REMEMBERED_FOR_S = 15 * 60
PROOFS_ARE_KEPT_S = 30 * 24 * 3600
REDIS_TIMEOUT_S = 0.5
REDIS_IS_LEFT_ALONE_S = 5.0
MOST_IN_MEMORY = 20_000


class Rule(NamedTuple):
    """So many failures cost nothing; then the wait doubles with each, up to the longest."""

    free: int
    first_s: float
    longest_s: float

    def wait_s(self, failures: int) -> float:
        """How long to refuse after so many failures in a row."""
        if failures <= self.free:
            return 0.0
        return float(min(self.first_s * 2 ** min(failures - self.free - 1, 20), self.longest_s))


# One address at one station: a station with a wrong key tries every few seconds for ever.
PAIR = Rule(free=5, first_s=2, longest_s=60)
# One address: many stations may sit behind it, so its wait is short.
ADDRESS = Rule(free=30, first_s=1, longest_s=30)
# One station, whoever knocks; it only concerns addresses that have failed there themselves.
STATION = Rule(free=20, first_s=2, longest_s=60)


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who knocks where, in words that tell nothing; `proof` is the key's, not the key."""

    address: str
    station: str
    pair: str
    proof: str


def attempt_of(address: str, place: str, proof: str) -> Attempt:
    """`place` is the path's tenant and station; `proof` a keyed hash of what was shown."""
    return Attempt(
        f"a:{_digest(address)}", f"s:{_digest(place)}", f"p:{_digest(address, place)}", proof
    )


def _digest(*words: str) -> str:
    text = "\n".join(words).encode(errors="surrogatepass")
    return blake2b(text, digest_size=12).hexdigest()


class Verdict(NamedTuple):
    """How long to wait, 0 for not at all; `is_known`: this very proof opened before."""

    wait_s: float
    is_known: bool = False


class Counts(Protocol):
    """Where failures are counted."""

    async def judge(self, attempt: Attempt, per_minute: int) -> Verdict:
        """Whether this attempt may be looked at; it is counted either way."""

    async def fail(self, attempt: Attempt) -> None:
        """It was refused."""

    async def succeed(self, attempt: Attempt) -> None:
        """It was let in: its proof opens again even while others are made to wait."""

    async def close(self) -> None:
        """Nothing more will be counted."""


class CountsInMemory:
    """The counts of one process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds."""
        self._clock = clock
        self._values: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def judge(self, attempt: Attempt, per_minute: int) -> Verdict:
        """See `Counts`."""
        tries = self._add(f"t:{attempt.pair}", 60.0, slides=False)
        if tries > per_minute:
            return Verdict(self._left_s(f"t:{attempt.pair}"))
        if self._value(f"k:{attempt.station}:{attempt.proof}"):
            return Verdict(0.0, is_known=not self._value(attempt.pair))
        waits = [self._left_s(f"b:{attempt.address}"), self._left_s(f"b:{attempt.pair}")]
        if self._value(attempt.pair):
            waits.append(self._left_s(f"b:{attempt.station}"))
        return Verdict(max(waits))

    async def fail(self, attempt: Attempt) -> None:
        """See `Counts`."""
        for bucket, rule in _buckets(attempt):
            wait_s = rule.wait_s(int(self._add(bucket, REMEMBERED_FOR_S)))
            if wait_s:
                self._set(f"b:{bucket}", 1, wait_s)

    async def succeed(self, attempt: Attempt) -> None:
        """See `Counts`."""
        self._values.pop(attempt.pair, None)
        self._set(f"k:{attempt.station}:{attempt.proof}", 1, PROOFS_ARE_KEPT_S)

    async def close(self) -> None:
        """See `Counts`."""
        self._values.clear()

    def _value(self, name: str) -> float:
        value, ends_at = self._values.get(name, (0.0, 0.0))
        return value if self._clock() < ends_at else 0.0

    def _left_s(self, name: str) -> float:
        return max(0.0, self._values.get(name, (0.0, 0.0))[1] - self._clock())

    def _add(self, name: str, lasts_s: float, *, slides: bool = True) -> float:
        value, left_s = self._value(name) + 1, self._left_s(name)
        self._set(name, value, lasts_s if slides or not left_s else left_s)
        return value

    def _set(self, name: str, value: float, lasts_s: float) -> None:
        self._values[name] = (value, self._clock() + lasts_s)
        self._values.move_to_end(name)
        if len(self._values) > MOST_IN_MEMORY:
            self._values.popitem(last=False)


class CountsInRedis:
    """The counts of all processes; raises `RedisError`, `OSError` or `TimeoutError`."""

    def __init__(self, url: str, prefix: str) -> None:
        """Connects when it is first used."""
        self._prefix = f"{prefix}:door:"
        self._redis: Redis = Redis.from_url(
            url, socket_timeout=REDIS_TIMEOUT_S, socket_connect_timeout=REDIS_TIMEOUT_S
        )

    async def judge(self, attempt: Attempt, per_minute: int) -> Verdict:
        """See `Counts`."""
        tries = self._name(f"t:{attempt.pair}")
        async with self._redis.pipeline(transaction=False) as asked:
            asked.incr(tries)
            asked.expire(tries, 60, nx=True)
            asked.pttl(tries)
            asked.exists(self._name(f"k:{attempt.station}:{attempt.proof}"))
            asked.exists(self._name(attempt.pair))
            for bucket in (attempt.address, attempt.pair, attempt.station):
                asked.pttl(self._name(f"b:{bucket}"))
            (
                tried,
                _,
                window_ms,
                is_known,
                failed_here,
                address,
                pair,
                station,
            ) = await asked.execute()
        if tried > per_minute:
            return Verdict(max(window_ms, 1000) / 1000)
        if is_known:
            return Verdict(0.0, is_known=not failed_here)
        return Verdict(max(address, pair, station if failed_here else 0, 0) / 1000)

    async def fail(self, attempt: Attempt) -> None:
        """See `Counts`."""
        async with self._redis.pipeline(transaction=False) as counting:
            for bucket, _rule in _buckets(attempt):
                counting.incr(self._name(bucket))
                counting.expire(self._name(bucket), REMEMBERED_FOR_S)
            counts = (await counting.execute())[::2]
        async with self._redis.pipeline(transaction=False) as blocking:
            for (bucket, rule), count in zip(_buckets(attempt), counts, strict=True):
                wait_ms = int(rule.wait_s(count) * 1000)
                if wait_ms:
                    blocking.set(self._name(f"b:{bucket}"), 1, px=wait_ms)
            await blocking.execute()

    async def succeed(self, attempt: Attempt) -> None:
        """See `Counts`."""
        async with self._redis.pipeline(transaction=False) as noting:
            noting.delete(self._name(attempt.pair))
            proof = self._name(f"k:{attempt.station}:{attempt.proof}")
            noting.set(proof, 1, ex=PROOFS_ARE_KEPT_S)
            await noting.execute()

    async def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        await self._redis.aclose()

    def _name(self, bucket: str) -> str:
        return self._prefix + bucket


class ConnectLimits:
    """Counts in Redis, and in this process alone while Redis is away; the database is not asked."""

    def __init__(self, shared: Counts, own: Counts, per_minute: int) -> None:
        """`per_minute` attempts of one address at one station are looked at, right or wrong."""
        self._shared = shared
        self._own = own
        self._per_minute = per_minute
        self._away_until = 0.0

    async def judge(self, attempt: Attempt) -> Verdict:
        """Whether the attempt may be looked at now."""
        if self._is_shared():
            try:
                return await self._shared.judge(attempt, self._per_minute)
            except (RedisError, OSError, TimeoutError) as error:
                self._leave_alone(error)
        return await self._own.judge(attempt, self._per_minute)

    async def fail(self, attempt: Attempt) -> None:
        """The attempt was refused."""
        await self._own.fail(attempt)
        if self._is_shared():
            try:
                await self._shared.fail(attempt)
            except (RedisError, OSError, TimeoutError) as error:
                self._leave_alone(error)

    async def succeed(self, attempt: Attempt, verdict: Verdict) -> None:
        """The attempt was let in."""
        await self._own.succeed(attempt)
        if not verdict.is_known and self._is_shared():
            try:
                await self._shared.succeed(attempt)
            except (RedisError, OSError, TimeoutError) as error:
                self._leave_alone(error)

    async def close(self) -> None:
        """The process ends."""
        await self._shared.close()

    def _is_shared(self) -> bool:
        return time.monotonic() >= self._away_until

    def _leave_alone(self, error: Exception) -> None:
        self._away_until = time.monotonic() + REDIS_IS_LEFT_ALONE_S
        log.warning("Redis away: connect limits are this process's own for a while: %r", error)


def _buckets(attempt: Attempt) -> tuple[tuple[str, Rule], ...]:
    return ((attempt.address, ADDRESS), (attempt.pair, PAIR), (attempt.station, STATION))
