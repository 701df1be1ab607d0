"""Environment variables are read with their types, and a wrong one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import env

ENGINE = "tenants.postgresql"


def test_text_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITY", "Växjö ")
    assert env.text("CITY") == "Växjö "


@pytest.mark.parametrize("raw", [None, ""])
def test_a_missing_or_empty_variable_stops_the_start(
    raw: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CITY", raising=False)
    if raw is not None:
        monkeypatch.setenv("CITY", raw)
    with pytest.raises(env.WrongSetting, match=r"^CITY is not set$"):
        env.text("CITY")


@pytest.mark.parametrize(("raw", "value"), [("1", True), ("Yes", True), ("off", False)])
def test_a_flag_has_a_few_words(raw: str, value: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", raw)
    assert env.flag("DEBUG") is value


def test_a_flag_of_another_word_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", "maybe")
    with pytest.raises(env.WrongSetting, match=r"DEBUG='maybe' is wrong: must be one of"):
        env.flag("DEBUG", False)


@pytest.mark.parametrize("raw", ["0", "11", "ten", "1.5"])
def test_a_number_outside_its_bounds_is_refused(raw: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THREADS", raw)
    with pytest.raises(env.WrongSetting, match=f"THREADS='{raw}' is wrong"):
        env.whole("THREADS", at_least=1, at_most=10)


def test_a_list_is_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSTS", "a.se, b.se,,")
    assert env.words("HOSTS") == ["a.se", "b.se"]


def test_a_secret_may_lie_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("whsec_1\n", encoding="utf-8")
    monkeypatch.setenv("KEY_FILE", str(tmp_path / "key"))
    assert env.secret("KEY") == "whsec_1"


def test_a_secret_given_twice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "a")
    monkeypatch.setenv("KEY_FILE", "/nowhere")
    with pytest.raises(env.WrongSetting, match="KEY and KEY_FILE are both set"):
        env.secret("KEY")


def test_a_secret_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_FILE", "/nowhere")
    with pytest.raises(env.WrongSetting, match="KEY_FILE='/nowhere' cannot be read"):
        env.secret("KEY")


def test_a_short_secret_is_refused_without_being_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "hunter2")
    with pytest.raises(env.WrongSetting, match="KEY is wrong: must have at least 50") as error:
        env.secret("KEY", at_least=50)
    assert "hunter2" not in str(error.value)


def test_a_database_is_named_by_a_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB", "postgresql://anna:p%40ss@db.example:6432/lad?sslmode=require")
    assert env.database("DB", engine=ENGINE) == {
        "ENGINE": ENGINE,
        "NAME": "lad",
        "USER": "anna",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "6432",
        "OPTIONS": {"sslmode": "require"},
    }


def test_a_database_may_be_reached_through_a_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB", "postgres://anna@/lad?host=/run/pg")
    settings = env.database("DB", engine=ENGINE)
    assert (settings["HOST"], settings["PORT"], settings["OPTIONS"]) == ("/run/pg", "", {})


@pytest.mark.parametrize("url", ["mysql://x/y", "postgresql://x", "postgresql://x:y@z:port/lad"])
def test_a_wrong_database_url_is_refused_without_being_shown(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB", url)
    with pytest.raises(env.WrongSetting, match=r"^DB is wrong") as error:
        env.database("DB", engine=ENGINE)
    assert url not in str(error.value)


@pytest.mark.parametrize("url", ["http://x", "redis://", "redis://x:99999/0"])
def test_a_wrong_redis_url_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER", url)
    with pytest.raises(env.WrongSetting, match=r"^BROKER is wrong"):
        env.redis_url("BROKER")


def test_another_database_on_the_same_server_has_another_path() -> None:
    url = env.with_path("postgresql://a:b@/lad?host=/run/pg", "test_lad")
    assert url == "postgresql://a:b@/test_lad?host=/run/pg"


PLACES = ("yyyy", "area")


def test_an_address_may_have_places_to_fill_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEED", "https://x.example/{yyyy}/{area}.json")
    assert env.web_template("FEED", "", places=PLACES) == "https://x.example/{yyyy}/{area}.json"


@pytest.mark.parametrize(
    "url", ["file:///{area}", "https://", "https://x/{zone}", "https://x/{}", "https://x/{area"]
)
def test_a_wrong_address_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEED", url)
    with pytest.raises(env.WrongSetting, match=r"^FEED='.*' is wrong"):
        env.web_template("FEED", "", places=PLACES)


def test_a_time_zone_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.zone_name("ZONE", "Europe/Oslo") == "Europe/Oslo"
    for wrong in ("Europe/Malmö", "../etc"):
        monkeypatch.setenv("ZONE", wrong)
        with pytest.raises(env.WrongSetting, match=r"^ZONE='.*' is wrong"):
            env.zone_name("ZONE", "Europe/Oslo")
