"""What is left of a file when it may not say whose it is."""

import io

import pytest
from PIL import Image

from services.applications.cleaning import NotShownBlind, cleaned
from tests.support.applications import pdf


def picture(form: str) -> bytes:
    """Red, and full of its author."""
    told = Image.Exif()
    told[0x013B] = told[0x010E] = "Zellige Zehra"
    written = io.BytesIO()
    Image.new("RGB", (40, 20), "red").save(written, format=form, exif=told, comment=b"Zellige Zehra")
    return written.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
async def test_a_picture_keeps_its_pixels_alone(form: str) -> None:
    given = picture(form)

    left = await cleaned(given, f"image/{form.lower()}")

    assert b"Zellige" in given
    assert b"Zellige" not in left
    with Image.open(io.BytesIO(left)) as seen:
        assert (seen.format, seen.size, dict(seen.getexif())) == (form, (40, 20), {})
        assert seen.getpixel((20, 10)) in {(255, 0, 0), (254, 0, 0)}


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"%PDF-1.7 and nothing more", "application/pdf"),
        (pdf()[:100], "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"PK\x03\x04", "application/vnd.oasis.opendocument.text"),
    ],
)
async def test_what_can_not_be_cleaned_is_not_shown(content: bytes, media_type: str) -> None:
    with pytest.raises(NotShownBlind):
        await cleaned(content, media_type)
