"""As whom PostgreSQL runs: it refuses root, and containers and CI often have nobody else."""

from __future__ import annotations

import ctypes
import os
import pwd
import subprocess
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
UID_INSIDE = 1000

_libc = ctypes.CDLL(None, use_errno=True)


class Identity(StrEnum):
    """How the child process stops being root before it becomes PostgreSQL."""

    SELF = "self"
    NAMESPACE = "namespace"
    NOBODY = "nobody"


def choose_identity() -> Identity:
    """Ourselves if not root; else a user namespace; else `nobody` where that is refused."""
    if os.geteuid() != 0:
        return Identity.SELF
    return Identity.NAMESPACE if _namespaces_are_allowed() else Identity.NOBODY


def identity_change(identity: Identity) -> Callable[[], None] | None:
    """What a child runs between fork and exec to take this identity."""
    changes: dict[Identity, Callable[[], None] | None] = {
        Identity.SELF: None,
        Identity.NAMESPACE: _enter_user_namespace,
        Identity.NOBODY: _become_nobody,
    }
    return changes[identity]


def die_with_parent(signal_number: int) -> None:
    """Ask the kernel to send this process a signal when its parent dies (Linux only).

    A change of user clears the request, so it comes after that.
    """
    if sys.platform == "linux":
        _libc.prctl(PR_SET_PDEATHSIG, signal_number)


def give_to_nobody(folder: Path) -> None:
    """Make `nobody` the owner of a folder (needs root)."""
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)


def _enter_user_namespace() -> None:
    """Be user 1000 in a namespace of our own; on the outside everything still belongs to us."""
    uid, gid = os.geteuid(), os.getegid()
    if _libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "user namespaces are not allowed here")
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{UID_INSIDE} {uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{UID_INSIDE} {gid} 1", encoding="ascii")


def _become_nobody() -> None:
    nobody = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)


def _namespaces_are_allowed() -> bool:
    if sys.platform != "linux":
        return False
    try:
        subprocess.run(["/bin/true"], preexec_fn=_enter_user_namespace, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return True
