"""The rows in which rules remember: made when first needed, changed under a lock."""

from __future__ import annotations

from typing import Any

from anomalies.models import RuleMemory

Subject = RuleMemory.Subject


def lock_memory(subject: RuleMemory.Subject, key: str) -> RuleMemory:
    """The memory of a subject until the commit, an empty one if there was none.

    Needs a transaction. Who locks several takes connectors before tokens before stations.
    """
    named = {"subject": subject, "key": key[:160]}
    RuleMemory.objects.bulk_create([RuleMemory(**named)], ignore_conflicts=True)
    return RuleMemory.objects.select_for_update().get(**named)


def keep_memory(memory: RuleMemory, state: dict[str, Any]) -> None:
    """Write what is remembered now; a memory that did not change costs nothing."""
    if state != memory.state:
        memory.state = state
        memory.save(update_fields=("state",))
