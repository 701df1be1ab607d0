"""Stage 0 knows when it has nothing to do, and takes no binary whose hash is not the pinned one."""

from __future__ import annotations

import ast
import hashlib
import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from requirements import bootstrap

ROOT = Path(__file__).resolve().parents[2]
BINARY = b"#!/bin/sh\necho uv\n"


def test_a_command_without_servers_says_how_to_start_them() -> None:
    nowhere = {"DATABASE_URL": "postgresql://x@127.0.0.1:1/x", "LADDBOK_BOOTSTRAP": "off"}
    nowhere |= {"DJANGO_SETTINGS_MODULE": "config.settings.test"}
    command = [sys.executable, "manage.py", "rerate", "--check"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **nowhere}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "The database does not answer" in done.stderr
    assert "manage.py up" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def wheel() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr(f"uv-{bootstrap.UV_VERSION}.data/scripts/uv", BINARY)
    return body.getvalue()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        return


@pytest.fixture
def index(wheel: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A package index on loopback that lists this platform's wheel."""
    name = f"uv-{bootstrap.UV_VERSION}-py3-none-{bootstrap.uv_wheel()[0]}.whl"
    page = tmp_path / "simple" / "uv"
    page.mkdir(parents=True)
    (page / "index.html").write_text(
        f'<a href="../../files/other.whl">other</a> <a href="../../files/{name}#sha256=0">x</a>'
    )
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / name).write_bytes(wheel)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(tmp_path)))
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/simple"
    monkeypatch.setenv("UV_DEFAULT_INDEX", url)
    yield url
    server.shutdown()
    server.server_close()


def pin(wheel: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    ending, _ = bootstrap.uv_wheel()
    digest = hashlib.sha256(wheel).hexdigest()
    monkeypatch.setattr(bootstrap, "uv_wheel", lambda: (ending, digest))


@pytest.mark.usefixtures("index")
def test_the_pinned_wheel_is_fetched_and_unpacked(
    wheel: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(wheel, monkeypatch)
    uv = Path(bootstrap.uv_by_download(tmp_path / "uv"))
    assert uv.read_bytes() == BINARY
    assert os.access(uv, os.X_OK)


@pytest.mark.usefixtures("index")
def test_a_wheel_with_another_hash_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(bootstrap.StageFailed, match=r"has SHA-256 \w+, expected d7f459fe|ecb6028d"):
        bootstrap.uv_by_download(tmp_path / "uv")
    assert not (tmp_path / "uv").exists()


def test_a_file_the_index_does_not_list_is_named(index: str) -> None:
    with pytest.raises(bootstrap.StageFailed, match=r"uv-0\.0\.whl is not listed"):
        bootstrap.find_in_index(index, "uv", "uv-0.0.whl")


def test_a_missing_package_says_so(index: str) -> None:
    with pytest.raises(bootstrap.StageFailed, match="404"):
        bootstrap.find_in_index(index, "nothing", "x.whl")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "requirements").mkdir()
    bootstrap.lock_path(tmp_path).write_text("django==5.2.19\n")
    python = bootstrap.venv_python(tmp_path / ".venv")
    python.parent.mkdir(parents=True)
    python.touch()
    (tmp_path / ".venv" / "pyvenv.cfg").write_text("version_info = 3.11.7\n")
    bootstrap.stamp_path(tmp_path / ".venv").write_text(bootstrap.stamp(tmp_path))
    return tmp_path


def test_a_stamped_environment_is_up_to_date(checkout: Path) -> None:
    assert bootstrap.is_up_to_date(checkout)


def test_another_lock_makes_it_stale(checkout: Path) -> None:
    bootstrap.lock_path(checkout).write_text("django==5.2.20\n")
    assert not bootstrap.is_up_to_date(checkout)


def test_another_python_makes_it_stale(checkout: Path) -> None:
    (checkout / ".venv" / "pyvenv.cfg").write_text("version = 3.12.1\n")
    assert not bootstrap.is_up_to_date(checkout)


def test_a_removed_interpreter_makes_it_stale(checkout: Path) -> None:
    bootstrap.venv_python(checkout / ".venv").unlink()
    assert not bootstrap.is_up_to_date(checkout)


def test_pips_index_is_uvs_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = https://mirror.example/simple\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    assert bootstrap.uv_environment()["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"


def test_every_way_that_failed_is_told(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> str:
        raise bootstrap.StageFailed("no luck")

    for way in ("find_uv", "uv_by_pip", "uv_by_download", "install_with_pip"):
        monkeypatch.setattr(bootstrap, way, fail)
    with pytest.raises(SystemExit) as stop:
        bootstrap.install(checkout, checkout)
    assert str(stop.value).count("no luck") == 4
    assert "apt install python3-venv" in str(stop.value)


def test_an_old_python_can_read_the_entry_far_enough_to_refuse() -> None:
    source = (ROOT / "manage.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 4))
    assert source.index("sys.version_info < (3, 11)") < source.index("requirements.bootstrap")


def test_forbidden_bytecode_goes_to_the_state_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", "")
    bootstrap.keep_bytecode_apart(tmp_path)
    assert "PYTHONDONTWRITEBYTECODE" not in os.environ
    assert os.environ["PYTHONPYCACHEPREFIX"] == str(tmp_path / "pycache")
