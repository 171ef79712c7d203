"""A program of its own: reads a PDF or a picture from its input, and writes it again with its pages, or pixels, alone.

What a file says about itself (title, author, company, program, place, dates, embedded files, form fields, who annotated
it) is left behind. It is run for each file, with tight limits, as these are formats in which a small file can ask for
any amount of memory and time. Imports nothing of ours.
"""

import io
import resource
import sys

from PIL import Image, ImageOps
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject

MEMORY = 768 * 2**20
SECONDS = 15
TELLING = ("/Metadata", "/PieceInfo", "/LastModified", "/AA", "/AF", "/Alternates", "/OPI")
"""Of any object: what programs keep there of a file, its history and its author."""


def cleaned(content: bytes) -> bytes:
    """The same to look at; raises whatever the libraries do with a file that they can't read."""
    return pages_of(content) if content.startswith(b"%PDF-") else pixels_of(content)


def pixels_of(content: bytes) -> bytes:
    with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as picture:
        picture.load()
        # How it is to be turned is said in what is left behind.
        upright = ImageOps.exif_transpose(picture)
        upright.info.clear()
        written = io.BytesIO()
        upright.save(written, format=picture.format, quality=90)
    return written.getvalue()


def pages_of(content: bytes) -> bytes:
    writer = PdfWriter()
    for page in PdfReader(io.BytesIO(content)).pages:
        writer.add_page(page).pop("/Annots", None)
    for each in writer._objects:
        if isinstance(each, DictionaryObject):
            for name in TELLING:
                each.pop(NameObject(name), None)
    writer.metadata = None
    # What nothing points at any more would still be written.
    writer.compress_identical_objects(remove_duplicates=False, remove_unreferenced=True)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    sys.stdout.buffer.write(cleaned(sys.stdin.buffer.read()))


if __name__ == "__main__":
    main()
