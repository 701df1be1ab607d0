"""A real browser on the real web server; skipped where there is no Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from selenium.webdriver import Chrome
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from config.devstack.rented import WebProcess
from tests.browser.scenes import Scene, set_scene
from tests.browser.visitor import Visitor

CHROMIUM = Path("/usr/bin/chromium")
DRIVER = Path("/usr/bin/chromedriver")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """One browser for all tests, with a profile of its own."""
    if not (CHROMIUM.exists() and DRIVER.exists()):
        pytest.skip("there is no Chromium here")
    options = Options()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    browser = Chrome(options=options, service=Service(str(DRIVER)))
    yield browser
    browser.quit()


@pytest.fixture
def scene(transactional_db: None) -> Scene:
    """An operator with sessions, charts and prices."""
    return set_scene()


@pytest.fixture
def visitor(chromium: Chrome, web: WebProcess, scene: Scene) -> Iterator[Visitor]:
    """Somebody in front of the browser who has not signed in."""
    web.start()
    chromium.delete_all_cookies()
    someone = Visitor(chromium, web.url)
    someone.complaints()  # those of tests that wanted pages to fail
    yield someone
    assert someone.complaints() == []


@pytest.fixture
def owner(visitor: Visitor, scene: Scene) -> Visitor:
    """The operator's owner, signed in."""
    client = Client()
    client.force_login(scene.owner)
    visitor.take_cookie("sessionid", client.cookies["sessionid"].value)
    return visitor
