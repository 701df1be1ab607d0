"""Stage 0: makes `.venv` from the hashed lock with nothing but Python, then starts again in it."""

from __future__ import annotations

import configparser
import fcntl
import hashlib
import html
import io
import os
import platform
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path

UV_VERSION = "0.13.9"
# Wheels of that version as the Python Package Index lists them: file name ending and SHA-256.
UV_WHEELS = {
    ("Linux", "x86_64"): (
        "manylinux_2_17_x86_64.manylinux2014_x86_64",
        "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19",
    ),
    ("Linux", "aarch64"): (
        "manylinux_2_28_aarch64",
        "ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375",
    ),
    ("Darwin", "x86_64"): (
        "macosx_10_12_x86_64",
        "c16ed11e013557536b3e60065f1b912f6407bd6518e041b961e23ef9e6b4fbf5",
    ),
    ("Darwin", "arm64"): (
        "macosx_11_0_arm64",
        "66c512266d633bef48384a1f53003f41f2a8e7b36fe6e7fbfd3e0fd52d96fa63",
    ),
}
DEFAULT_INDEX = "https://pypi.org/simple"
DOWNLOAD_TIMEOUT_S = 60.0
STAMP_NAME = "laddbok-stamp"


class StageFailed(Exception):
    """One way to set up did not work; the next one is tried."""


def enter_environment(root_name: str, argv: list[str]) -> None:
    """Return when this process runs in an up-to-date `.venv`; otherwise make it and start again.

    LADDBOK_BOOTSTRAP=off leaves the environment to whoever made it (containers, production).
    """
    os.environ.setdefault("LADDBOK_BEGAN_AT", str(time.time()))
    if os.environ.get("LADDBOK_BOOTSTRAP", "on") == "off":
        return
    root = Path(root_name)
    venv = root / ".venv"
    inside = Path(sys.prefix).resolve() == venv.resolve()
    if not is_up_to_date(root):
        set_up(root)
    elif inside and not os.environ.get("PYTHONDONTWRITEBYTECODE"):
        return
    keep_bytecode_apart(state_folder(root))
    python = str(venv_python(venv))
    sys.stdout.flush()
    os.execv(python, [python, *argv])  # noqa: S606 - no shell is wanted


def keep_bytecode_apart(state: Path) -> None:
    """Where bytecode is forbidden, put it in the state folder instead of nowhere.

    Containers often set PYTHONDONTWRITEBYTECODE to keep folders clean; here it would make each of
    our processes compile every package again, some seconds of work at every start.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        os.environ["PYTHONPYCACHEPREFIX"] = str(state / "pycache")


def state_folder(root: Path) -> Path:
    """The git-ignored folder of everything this checkout makes up; LADDBOK_STATE moves it."""
    return Path(os.environ.get("LADDBOK_STATE") or root / ".laddbok").absolute()


def set_up(root: Path) -> None:
    """Make or renew `.venv`, saying what happens; exits with a clear sentence when it cannot."""
    if sys.platform == "win32":
        sys.exit("Laddbok runs on Linux and macOS; on Windows use WSL2.")
    began_at = time.monotonic()
    state = state_folder(root)
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (state / "setup-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_up_to_date(root):  # somebody else may just have done it
            say("setting up the Python environment in .venv (once)")
            install(root, state)
            stamp_path(root / ".venv").write_text(stamp(root), encoding="ascii")
    took_s = time.monotonic() - began_at
    say(f"Python environment ready ({took_s:.1f} s)")


def install(root: Path, state: Path) -> None:
    """Try uv from three places, then pip; exits with what each of them said."""
    ways: list[tuple[str, Callable[[], str] | None]] = [
        ("uv of this machine", find_uv),
        ("uv by pip", lambda: uv_by_pip(state / "uv")),
        ("uv from the package index", lambda: uv_by_download(state / "uv")),
        ("pip", None),
    ]
    failures: list[str] = []
    for name, find in ways:
        try:
            if find is None:
                install_with_pip(root)
            else:
                install_with_uv(root, find())
        except StageFailed as error:
            failures.append(f"  {name}: {error}")
        else:
            return
    sys.exit(
        "Laddbok could not set up its Python environment:\n"
        + "\n".join(failures)
        + "\nIt needs a connection to a Python package index and one of: uv, pip, or Python's venv"
        " module (Debian and Ubuntu: apt install python3-venv)."
    )


def find_uv() -> str:
    """The uv on PATH, if it runs: shims of version managers may be there without it."""
    uv = shutil.which("uv")
    if uv is None:
        raise StageFailed("not installed")
    run([uv, "--version"])
    return uv


def uv_by_pip(folder: Path) -> str:
    """Install the pinned uv with this Python's pip into `folder`; the system stays as it is."""
    run([sys.executable, "-m", "pip", "--version"])
    say(f"fetching uv {UV_VERSION} with pip")
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder / "uv.txt"
    hashes = " ".join(f"--hash=sha256:{digest}" for _, digest in UV_WHEELS.values())
    lock.write_text(f"uv=={UV_VERSION} {hashes}\n", encoding="ascii")
    options = ["--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--upgrade"]
    target = ["--target", str(folder), "-r", str(lock)]
    run([sys.executable, "-m", "pip", "install", "--disable-pip-version-check", *options, *target])
    return str(folder / "bin" / "uv")


def uv_by_download(folder: Path) -> str:
    """Fetch the pinned wheel from the package index, check it, and take the one binary out."""
    ending, digest = uv_wheel()
    file_name = f"uv-{UV_VERSION}-py3-none-{ending}.whl"
    say(f"fetching {file_name}")
    wheel = download(find_in_index(package_index(), "uv", file_name))
    return unpack_uv(wheel, digest, folder)


def uv_wheel() -> tuple[str, str]:
    """File name ending and SHA-256 of the wheel for this platform."""
    key = (platform.system(), platform.machine())
    if key not in UV_WHEELS or (key[0] == "Linux" and platform.libc_ver()[0] != "glibc"):
        raise StageFailed(f"no pinned wheel for {' '.join(key)}")
    return UV_WHEELS[key]


def find_in_index(index: str, package: str, file_name: str) -> str:
    """The address of a file on a package's page of a simple index (PEP 503)."""
    page_url = f"{index.rstrip('/')}/{package}/"
    page = download(page_url).decode("utf-8", errors="replace")
    for link in re.findall(r"""href\s*=\s*["']([^"']+)["']""", page):
        address = urllib.parse.urljoin(page_url, html.unescape(link))
        if urllib.parse.urlsplit(address).path.endswith(f"/{file_name}"):
            return urllib.parse.urldefrag(address).url
    raise StageFailed(f"{file_name} is not listed at {page_url}")


def download(address: str) -> bytes:
    """The body at an address; raises `StageFailed`."""
    request = urllib.request.Request(address, headers={"Accept": "text/html, */*"})
    try:
        with urllib.request.urlopen(request, timeout=DOWNLOAD_TIMEOUT_S) as answer:
            body: bytes = answer.read()
    except (OSError, ValueError) as error:
        raise StageFailed(f"{address}: {error}") from error
    return body


def unpack_uv(wheel: bytes, digest: str, folder: Path) -> str:
    """Write the binary out of a wheel whose SHA-256 is `digest`; refuses any other."""
    found = hashlib.sha256(wheel).hexdigest()
    if found != digest:
        raise StageFailed(f"the file fetched has SHA-256 {found}, expected {digest}")
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        binary = archive.read(f"uv-{UV_VERSION}.data/scripts/uv")
    target = folder / "bin" / "uv"
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name("uv.new")
    draft.write_bytes(binary)
    draft.chmod(0o755)
    draft.replace(target)
    return str(target)


def install_with_uv(root: Path, uv: str) -> None:
    """Bring `.venv` to exactly what the lock says."""
    venv = root / ".venv"
    environment = uv_environment()
    if not fits(venv):
        # The interpreter's full path: uv knows only the active one of a version manager.
        make = [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(venv)]
        run(make, environment)
    python = ["--python", str(venv_python(venv))]
    say("installing packages with uv")
    run([uv, "pip", "sync", *python, "--require-hashes", str(lock_path(root))], environment)


def install_with_pip(root: Path) -> None:
    """The same with Python's own means: four times slower, and leaves strangers in `.venv`."""
    venv = root / ".venv"
    if not fits(venv) or not has_pip(venv):
        run([sys.executable, "-m", "venv", "--clear", str(venv)])
    say("installing packages with pip (about half a minute)")
    pip = [str(venv_python(venv)), "-m", "pip", "--disable-pip-version-check"]
    run([*pip, "install", "--quiet", "--require-hashes", "-r", str(lock_path(root))])


def run(command: list[str], environment: dict[str, str] | None = None) -> None:
    """Run a program; `StageFailed` with what it said when it is not there or fails."""
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    except OSError as error:
        raise StageFailed(str(error)) from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise StageFailed(" ".join(said) or f"{command[0]} ended with {done.returncode}")


def uv_environment() -> dict[str, str]:
    """uv with the system's certificates (proxies that open TLS) and pip's package index."""
    environment = dict(os.environ)
    environment |= {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1", "UV_PYTHON_DOWNLOADS": "never"}
    index = package_index()
    if index != DEFAULT_INDEX:
        environment.setdefault("UV_DEFAULT_INDEX", index)
    return environment


def package_index() -> str:
    """The index this machine is set to use for pip, or the public one."""
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        if os.environ.get(name):
            return os.environ[name]
    settings = configparser.ConfigParser(interpolation=None, strict=False)
    folders = (Path("/etc"), Path.home() / ".pip", Path.home() / ".config" / "pip")
    named = os.environ.get("PIP_CONFIG_FILE")
    try:
        settings.read([*(folder / "pip.conf" for folder in folders), *([named] if named else [])])
    except (configparser.Error, UnicodeDecodeError):
        return DEFAULT_INDEX
    return settings.get("global", "index-url", fallback=DEFAULT_INDEX)


def is_up_to_date(root: Path) -> bool:
    """Whether `.venv` was made from this lock with its present Python."""
    venv = root / ".venv"
    try:
        written = stamp_path(venv).read_text(encoding="ascii")
    except OSError:
        return False
    return written == stamp(root) and venv_python(venv).exists()


def stamp(root: Path) -> str:
    """What `.venv` is made from: the lock's hash and the Python's version."""
    digest = hashlib.sha256(lock_path(root).read_bytes()).hexdigest()
    return f"{digest} {venv_version(root / '.venv')}\n"


def fits(venv: Path) -> bool:
    """Whether the environment there works and has our Python's version."""
    if not venv_python(venv).exists():
        return False
    try:
        run([str(venv_python(venv)), "-c", "import encodings"])
    except StageFailed:
        return False
    return venv_version(venv) == platform.python_version()


def venv_version(venv: Path) -> str:
    """The Python version that `pyvenv.cfg` names; empty without one."""
    try:
        text = (venv / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        return ""
    found = re.search(r"^version(?:_info)?\s*=\s*(\S+)", text, re.MULTILINE)
    return found[1] if found else ""


def has_pip(venv: Path) -> bool:
    """Whether pip runs there; uv makes environments without it."""
    try:
        run([str(venv_python(venv)), "-m", "pip", "--version"])
    except StageFailed:
        return False
    return True


def venv_python(venv: Path) -> Path:
    """The interpreter in an environment."""
    return venv / "bin" / "python"


def lock_path(root: Path) -> Path:
    """The lock this environment is made from."""
    return root / "requirements" / "dev.txt"


def stamp_path(venv: Path) -> Path:
    """Where the stamp lies."""
    return venv / STAMP_NAME


def say(line: str) -> None:
    """One line of progress, on standard error: standard output belongs to the command."""
    sys.stderr.write(f"laddbok: {line}\n")
    sys.stderr.flush()
