"""What a person does and sees in a browser."""

from __future__ import annotations

from typing import Any

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

WITHIN_S = 15

DESKTOP = (1400, 1000)
PHONE = (390, 844)

# Every canvas has been drawn on when none of them is all transparent.
PAINTED = """
return [...document.querySelectorAll('canvas')].map(canvas => {
  const context = canvas.getContext('2d');
  if (!canvas.width || !canvas.height) return false;
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
  return pixels.some((value, place) => place % 4 === 3 && value > 0);
});
"""


class Visitor:
    """Somebody in front of a browser."""

    def __init__(self, browser: Chrome, base_url: str) -> None:
        """Nothing is open yet."""
        self.browser = browser
        self.base_url = base_url
        self.use_screen(DESKTOP)

    def use_screen(self, size: tuple[int, int]) -> None:
        """A screen of so many CSS pixels; a narrow one is a phone's."""
        self._width = size[0]
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1}
        metrics["mobile"] = size == PHONE
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def speak(self, language: str) -> None:
        """Choose a language as the menu does."""
        self.take_cookie("django_language", language)

    def take_cookie(self, name: str, value: str) -> None:
        """Cookies belong to a site, so one of its pages is opened first."""
        if not self.browser.current_url.startswith(self.base_url):
            self.open("/admin/login/")
        self.browser.add_cookie({"name": name, "value": value, "path": "/"})

    def open(self, path: str) -> None:
        """Go to a page and wait until it is there."""
        self.browser.get(f"{self.base_url}{path}")

    def type(self, name: str, text: str) -> None:
        """Type into the field of this name."""
        self.browser.find_element(By.NAME, name).send_keys(text)

    def press(self, label: str) -> None:
        """Press the button, or follow the link, that says this."""
        self.seen(f"//button[contains(., '{label}')] | //a[contains(., '{label}')]").click()

    def text_of(self, test_id: str) -> str:
        """What is written in a marked place, once it is there."""
        return self.seen(f"//*[@data-testid='{test_id}']").text

    def sees(self, text: str) -> bool:
        """Whether this text comes up on the page; fails when it does not."""
        return self.seen(f"//*[contains(text(), '{text}')]").is_displayed()

    def charts_painted(self) -> int:
        """How many charts there are, once each of them shows something."""
        painted: list[bool] = self._wait(lambda: self._painted_or_nothing())
        return len(painted)

    def is_wider_than_the_screen(self) -> bool:
        """Whether the page would have to be moved sideways."""
        # A phone zooms out to show a page that is too wide, so its window seems to have grown.
        script = "return Math.max(innerWidth, document.documentElement.scrollWidth)"
        return bool(self.browser.execute_script(script) > self._width)

    def complaints(self) -> list[str]:
        """What the browser complained about: scripts that failed, files that were not there."""
        return [entry["message"] for entry in self.browser.get_log("browser")]

    def seen(self, xpath: str) -> WebElement:
        """The first such element that is displayed, waited for."""
        found: WebElement = self._wait(
            lambda: next(
                (e for e in self.browser.find_elements(By.XPATH, xpath) if e.is_displayed()), None
            )
        )
        return found

    def _painted_or_nothing(self) -> list[bool] | None:
        painted: list[bool] = self.browser.execute_script(PAINTED)
        return painted if painted and all(painted) else None

    def _wait(self, condition: Any) -> Any:
        return WebDriverWait(self.browser, WITHIN_S).until(lambda _browser: condition())
