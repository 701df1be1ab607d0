"""What journal entries are about, in the language in force."""

from __future__ import annotations

from django.utils.translation import gettext as _t


def entry_text(description: str) -> str:
    """The text of an entry the platform made, translated; what people wrote stays as it is."""
    for mark, template in (("Session ", _t("Session %s")), ("Invoice ", _t("Payment, invoice %s"))):
        if description.startswith(mark):
            return template % description.removeprefix(mark)
    return description
