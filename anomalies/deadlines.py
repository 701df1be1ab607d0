"""When to look again at what may have gone silent: a sorted set in Redis, rebuilt when it is lost.

The database is the truth: a moment in the set only says that somebody should look then. What is
not in the set is put there by the next rebuild.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import redis
from django.conf import settings

AT_ONCE: Final = 2000


class Subject(StrEnum):
    """What can be late."""

    STATION = "station"
    CONNECTOR = "connector"


@dataclass(frozen=True, slots=True, order=True)
class Watched:
    """One station or connector of a tenant."""

    tenant_id: UUID
    subject: Subject
    pk: UUID

    @property
    def member(self) -> str:
        """As it is written in the set."""
        return f"{self.tenant_id}|{self.subject}|{self.pk}"

    @classmethod
    def read(cls, member: str) -> Watched:
        """Back from the set."""
        tenant_id, subject, pk = member.split("|")
        return cls(UUID(tenant_id), Subject(subject), UUID(pk))


class Deadlines:
    """The sorted set; raises `redis.RedisError` when the server is away."""

    def __init__(self) -> None:
        self._redis: redis.Redis = redis.Redis.from_url(
            settings.REDIS_URL, decode_responses=True, socket_timeout=2
        )
        self._key = f"{settings.CHANNEL_PREFIX}:deadlines"

    def set_all(self, moments: Iterable[tuple[Watched, datetime]]) -> None:
        """Look at each of these at its moment, and not before."""
        scores = {watched.member: at.timestamp() for watched, at in moments}
        if scores:
            self._redis.zadd(self._key, scores)

    def take_due(self, now: datetime) -> list[Watched]:
        """Take out those whose moment has come, the earliest first."""
        due = self._redis.zrangebyscore(self._key, "-inf", now.timestamp(), start=0, num=AT_ONCE)
        members = [str(member) for member in due]
        if members:
            self._redis.zrem(self._key, *members)
        return [Watched.read(member) for member in members]

    def known(self) -> set[Watched]:
        """Everything that will be looked at."""
        members = self._redis.zrange(self._key, 0, -1)
        return {Watched.read(str(member)) for member in members}
