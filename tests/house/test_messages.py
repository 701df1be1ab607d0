"""Everything people read is there in Swedish."""

from config import translations


def test_the_swedish_catalogue_is_complete_and_compiled() -> None:
    assert translations.problems() == []
