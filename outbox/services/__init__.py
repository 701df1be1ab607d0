"""Publishing events and delivering them; owing messages to people and sending them."""

from outbox.services.deliveries import (
    ATTEMPTS_BEFORE_A_PERSON,
    NotInTransaction,
    deliver_due,
    publish,
    retry_delivery,
)
from outbox.services.messages import (
    forget_old_messages,
    owe_message,
    retry_message,
    send_due_messages,
    send_now,
    withdraw_messages,
)

__all__ = [
    "ATTEMPTS_BEFORE_A_PERSON",
    "NotInTransaction",
    "deliver_due",
    "forget_old_messages",
    "owe_message",
    "publish",
    "retry_delivery",
    "retry_message",
    "send_due_messages",
    "send_now",
    "withdraw_messages",
]
