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
from chargepoints.services.rotation import (
    RotationUnderWay,
    begin_rotation,
    settle_rotations,
)
from chargepoints.services.sockets import StaleSocket
from chargepoints.services.windows import (
    change_profile,
    close_due_windows,
    close_window,
    open_window,
)

__all__ = [
    "CommandNotPossible",
    "RotationUnderWay",
    "StaleSocket",
    "begin_rotation",
    "change_profile",
    "close_due_windows",
    "close_socket",
    "close_window",
    "disable_charge_point",
    "expire_commands",
    "open_window",
    "purge_messages",
    "queue_command",
    "register_charge_point",
    "request_remote_start",
    "request_remote_stop",
    "rotate_key",
    "settle_rotations",
]
