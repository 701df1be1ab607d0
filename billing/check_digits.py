"""Numbers that check themselves: OCR references, organisation, VAT and bankgiro numbers."""

from __future__ import annotations

import re
from typing import Final

_SEPARATORS: Final = str.maketrans("", "", " -")
_VAT_NUMBER: Final = re.compile(r"[A-Z]{2}[0-9A-Z]{2,12}")


def luhn_digit(digits: str) -> str:
    """The digit that makes a number pass the modulus-10 check (ISO/IEC 7812-1, annex B)."""
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    return str(-sum(sum(divmod(value, 10)) for value in doubled) % 10)


def is_luhn_number(digits: str) -> bool:
    """Whether the last digit is the check digit of those before it."""
    return _is_digits(digits) and len(digits) > 1 and luhn_digit(digits[:-1]) == digits[-1]


def ocr_reference(number: int) -> str:
    """An invoice number as a payment reference: number, length digit, check digit.

    Source: Bankgirot, "OCR-referenskontroll", variable length with length and check digit: the
    length digit is the last digit of the whole reference's length.
    """
    length = (len(str(number)) + 2) % 10
    body = f"{number}{length}"
    return body + luhn_digit(body)


def is_ocr_reference(text: str) -> bool:
    """Whether both the length digit and the check digit are right."""
    return is_luhn_number(text) and len(text) > 2 and text[-2] == str(len(text) % 10)


def is_swedish_organisation_number(text: str) -> bool:
    """Ten digits, a hyphen or none before the last four, the last one a check digit."""
    digits = text.translate(_SEPARATORS)
    return len(digits) == 10 and is_luhn_number(digits)


def is_bankgiro(text: str) -> bool:
    """Seven or eight digits, the last one a check digit."""
    digits = text.translate(_SEPARATORS)
    return len(digits) in (7, 8) and is_luhn_number(digits)


def is_vat_number(text: str) -> bool:
    """A VAT number of the EU by its form; a Swedish one by its check digit as well.

    Source: Skatteverket, "Momsregistreringsnummer": SE, the organisation number, 01.
    """
    compact = text.translate(_SEPARATORS).upper()
    if compact.startswith("SE"):
        body = compact[2:]
        return (
            _is_digits(body) and body.endswith("01") and is_swedish_organisation_number(body[:-2])
        )
    return bool(_VAT_NUMBER.fullmatch(compact))


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
