"""The state folder: one per checkout, git-ignored, deleted by `manage.py reset`."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from config.devstack.identity import Identity, choose_identity

ROOT = Path(__file__).resolve().parents[2]

# The longest path a Unix socket may have is 107 bytes on Linux and 103 on macOS, and PostgreSQL
# adds `/.s.PGSQL.5432`.
LONGEST_SOCKET_FOLDER = 85
PORT_FROM, PORT_TO = 20_000, 30_000
# Tells the stand-in from Stripe; production refuses to start with it.
STAND_IN_KEY = "sk_test_standin"


class AlreadyRunning(RuntimeError):
    """Another run of this checkout holds the lock."""


@dataclass(frozen=True)
class LocalValues:
    """What is made up once per state folder: secrets, ports, and where PostgreSQL lives."""

    secret_key: str
    ocpp_key_secret: str
    sealing_key: str
    stripe_webhook_secret: str
    postgres_password: str
    postgres_folder: str
    postgres_sockets: str
    postgres_identity: Identity
    valkey_password: str
    valkey_port: int
    stripe_port: int

    @property
    def database_url(self) -> str:
        """The embedded PostgreSQL, reached through its Unix socket."""
        return (
            f"postgresql://laddbok:{self.postgres_password}@/laddbok?host={self.postgres_sockets}"
        )

    @property
    def redis_url(self) -> str:
        """The embedded Valkey."""
        return f"redis://:{self.valkey_password}@127.0.0.1:{self.valkey_port}/0"

    @property
    def stripe_url(self) -> str:
        """The Stripe stand-in."""
        return f"http://127.0.0.1:{self.stripe_port}"


def state_folder() -> Path:
    """`.laddbok` in the checkout, or what LADDBOK_STATE names."""
    return Path(os.environ.get("LADDBOK_STATE") or ROOT / ".laddbok").absolute()


def log_folder() -> Path:
    """One log file per process of the stack."""
    return state_folder() / "log"


def apply_local_values() -> frozenset[str]:
    """Fill in what the environment leaves out; return the names of what was filled in.

    A server whose URL was filled in is one we run ourselves.
    """
    local = local_values()
    defaults = {
        "SECRET_KEY": local.secret_key,
        "OCPP_KEY_SECRET": local.ocpp_key_secret,
        "SEALING_KEYS": local.sealing_key,
        "DATABASE_URL": local.database_url,
        "REDIS_URL": local.redis_url,
    }
    if not _is_given("STRIPE_SECRET_KEY"):
        defaults["STRIPE_SECRET_KEY"] = STAND_IN_KEY
        defaults["STRIPE_API_BASE"] = local.stripe_url
        defaults["STRIPE_WEBHOOK_SECRETS"] = local.stripe_webhook_secret
    missing = {name: value for name, value in defaults.items() if not _is_given(name)}
    os.environ.update(missing)
    return frozenset(missing)


def local_values() -> LocalValues:
    """Read the state folder's values, making them the first time."""
    path = state_folder() / "local.json"
    if not path.exists():
        _write_once(path, _made_up_values())
    return _read_values(path)


def renew_ports() -> LocalValues:
    """Choose other ports, because somebody else listens on the old ones."""
    path = state_folder() / "local.json"
    values = asdict(local_values()) | {"valkey_port": free_port(), "stripe_port": free_port()}
    path.unlink()
    _write_once(path, LocalValues(**values))
    return _read_values(path)


def free_port() -> int:
    """A port nobody listens on now, below the range that outgoing connections are given."""
    while True:
        port = PORT_FROM + secrets.randbelow(PORT_TO - PORT_FROM)
        if port_is_free(port):
            return port


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen there."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


@contextmanager
def only_run() -> Iterator[None]:
    """Hold the checkout's lock; raises `AlreadyRunning` with the other run's process id."""
    folder = _private_folder(state_folder())
    with (folder / "lock").open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise AlreadyRunning(lock.read().strip() or "unknown") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _is_given(name: str) -> bool:
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def _private_folder(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _made_up_values() -> LocalValues:
    identity = choose_identity()
    folder = state_folder() / "postgres"
    if identity is Identity.NOBODY:
        # Root's own folders are closed to `nobody`; this one survives a restart of the machine.
        folder = Path(tempfile.mkdtemp(prefix="laddbok-", dir="/var/tmp"))
    return LocalValues(
        secret_key=secrets.token_urlsafe(48),
        ocpp_key_secret=secrets.token_urlsafe(32),
        sealing_key=secrets.token_urlsafe(32),
        stripe_webhook_secret=f"whsec_{secrets.token_hex(16)}",
        postgres_password=secrets.token_hex(16),
        postgres_folder=str(folder),
        postgres_sockets=str(socket_folder(folder)),
        postgres_identity=identity,
        valkey_password=secrets.token_hex(16),
        valkey_port=free_port(),
        stripe_port=free_port(),
    )


def socket_folder(folder: Path) -> Path:
    """Where a PostgreSQL in `folder` puts its socket: inside, or a short path when that is long."""
    inside = folder / "run"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_FOLDER:
        return inside
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"laddbok-{os.getuid()}-{digest}"


def _write_once(path: Path, values: LocalValues) -> None:
    """Write unless another process was first; nobody ever sees half a file."""
    _private_folder(path.parent)
    with tempfile.NamedTemporaryFile(mode="w", dir=path.parent, encoding="utf-8") as draft:
        json.dump(asdict(values), draft, indent=1)
        draft.flush()
        try:
            os.link(draft.name, path)
        except FileExistsError:
            return


def _read_values(path: Path) -> LocalValues:
    raw = json.loads(path.read_text(encoding="utf-8"))
    # A folder made before there was anything to seal.
    made_up = hashlib.sha256(f"sealing {raw['ocpp_key_secret']}".encode()).hexdigest()
    raw.setdefault("sealing_key", made_up)
    return LocalValues(**raw | {"postgres_identity": Identity(raw["postgres_identity"])})
