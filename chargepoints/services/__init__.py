"""What is done to charge points: registered, connected, commanded, and what they report."""

from chargepoints.services.commands import (
    CommandNotPossible,
    expire_commands,
    queue_command,
    request_remote_start,
    request_remote_stop,
)
from chargepoints.services.registration import (
    close_socket,
    disable_charge_point,
    register_charge_point,
    rotate_key,
)
from chargepoints.services.retention import purge_messages
from chargepoints.services.sockets import StaleSocket

__all__ = [
    "CommandNotPossible",
    "StaleSocket",
    "close_socket",
    "disable_charge_point",
    "expire_commands",
    "purge_messages",
    "queue_command",
    "register_charge_point",
    "request_remote_start",
    "request_remote_stop",
    "rotate_key",
]
