"""Photos as they are kept: a small upright JPEG without the data cameras add."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

LARGEST_UPLOAD_BYTES: Final = 12 * 1024 * 1024
LONGEST_EDGE: Final = 1600
MOST_PIXELS: Final = 60_000_000
QUALITY: Final = 80
FORMATS: Final = ("JPEG", "PNG", "WEBP")


class NotAPhoto(ValueError):
    """The bytes are no JPEG, PNG or WebP picture of a size we take."""


def small_photo(data: bytes) -> bytes:
    """A JPEG of at most 1600 pixels, turned upright; where and when it was taken is left out.

    Raises `NotAPhoto`.
    """
    if len(data) > LARGEST_UPLOAD_BYTES:
        raise NotAPhoto("too large")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise NotAPhoto("too many pixels")
            picture.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise NotAPhoto("not a picture") from error
    upright.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
    # A fresh picture, so that nothing of the old one's extra data comes along.
    clean = Image.new("RGB", upright.size)
    clean.paste(upright)
    out = io.BytesIO()
    clean.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()
