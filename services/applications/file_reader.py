"""A program of its own: reads files from its input, each in a child with tight limits, and says what they are.

PDFs, pictures and archives are formats in which a small file can ask for any amount of memory and time, so each is
opened in a process whose end is the worst that it can bring about. The parent of those processes has loaded the
libraries once; it never looks into a file itself. Imports nothing of ours: it is run as a script.

Input: the length as 8 bytes, big-endian, then the file; again and again. Output: one line of JSON for each:
`{"media_type": …, "pages": n}` (0 of what has no pages), or `{"fault": …}`, with the facts of that fault.
"""

import csv
import io
import json
import os
import re
import resource
import signal
import sys
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree

from PIL import Image
from pypdf import PdfReader

MEMORY = 768 * 2**20
SECONDS = 10
MOST_PAGES_COUNTED = 10_000
MOST_PIXELS = 50_000_000
MOST_ENTRIES = 3_000
MOST_UNPACKED = 200 * 2**20
MOST_RATIO = 200
"""How many times its size an archive may unpack to, beyond the first MiB: office files are text, and pack well."""
DEEPEST = 1
"""Archives within the archive: a sheet behind a slide's chart, and nothing within that."""
MOST_ROWS = 100_000
UNREADABLE = b'{"fault": "unreadable"}\n'

Found = dict[str, object]

OOXML = re.compile(
    rb"application/vnd\.openxmlformats-officedocument\."
    rb"(wordprocessingml\.document|spreadsheetml\.sheet|presentationml\.presentation)\.main\+xml"
)
ODF = re.compile(rb"application/vnd\.oasis\.opendocument\.(text|spreadsheet|presentation)")
MACROS = re.compile(
    r"vbaproject|vbadata|macrosheets/|dialogsheets/|activex/|oleobject|^basic/|^scripts/|\.(exe|dll|js|vbs|bat|cmd|ps1)$",
    re.IGNORECASE,
)
"""Parts of office files that run, or that hold what could."""
ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
FORMULA = re.compile(r"[=@\t\r]|[+\-](?![\d.,\s]*%?$)")
"""How a cell begins that a spreadsheet would run; a number with its sign is none."""


def describe(content: bytes) -> Found:
    if content.startswith(b"%PDF-"):
        return of_pdf(content)
    if content.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        return of_picture(content)
    if content.startswith(b"PK\x03\x04"):
        return of_office(content)
    return of_table(content)


def of_pdf(content: bytes) -> Found:
    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted:
        return {"fault": "encrypted"}
    pages = len(reader.pages)
    if not pages > 0:
        return {"fault": "unreadable"}
    if pages < MOST_PAGES_COUNTED:
        # The first page is truly there, not only counted.
        _ = reader.pages[0].mediabox
    return {"media_type": "application/pdf", "pages": pages}


def of_picture(content: bytes) -> Found:
    # Nothing is behind the picture: an archive there would make it two things at once.
    if not content.rstrip(b"\0").endswith((b"IEND\xaeB`\x82", b"\xff\xd9")):
        return {"fault": "unreadable"}
    Image.MAX_IMAGE_PIXELS = None  # counted here, before anything is unpacked
    with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as picture:
        width, height = picture.size
        if width * height * getattr(picture, "n_frames", 1) > MOST_PIXELS:
            return {"fault": "too-many-pixels", "pixels": width * height}
        picture.load()
        return {"media_type": f"image/{str(picture.format).lower()}", "pages": 0}


def of_office(content: bytes) -> Found:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if fault := look_into(archive, packed=len(content)):
            return fault
        names = set(archive.namelist())
        if "[Content_Types].xml" in names:
            types = archive.read("[Content_Types].xml")
            if b"macroEnabled" in types or b"vbaProject" in types:
                return {"fault": "macros"}
            kinds = {kind[0] for kind in OOXML.finditer(types)}
            if len(kinds) == 1:
                return {"media_type": kinds.pop().decode().removesuffix(".main+xml"), "pages": 0}
        elif "mimetype" in names and (kind := ODF.fullmatch(archive.read("mimetype").strip())):
            return {"media_type": kind[0].decode(), "pages": 0}
    return {"fault": "not-office"}


def look_into(archive: zipfile.ZipFile, *, packed: int, depth: int = 0) -> Found | None:
    """Unpack everything once, within bounds, for what an archive says of itself is not believed."""
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES:
        return {"fault": "archive-bomb"}
    unpacked, most = 0, min(MOST_UNPACKED, 2**20 + MOST_RATIO * packed)
    for entry in entries:
        if entry.flag_bits & 1:
            return {"fault": "encrypted"}
        if MACROS.search(entry.filename):
            return {"fault": "macros"}
        if entry.filename.startswith(("/", "\\")) or ".." in entry.filename.split("/"):
            return {"fault": "unreadable"}
        part = b""
        with archive.open(entry) as packed_part:
            while piece := packed_part.read(2**16):
                part = part or piece
                unpacked += len(piece)
                if unpacked > most:
                    return {"fault": "archive-bomb"}
        if fault := look_at(archive, entry, part, depth):
            return fault
    return None


def look_at(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, beginning: bytes, depth: int) -> Found | None:
    """What a part of an archive must not be."""
    if beginning.startswith(ARCHIVES):
        if depth >= DEEPEST or not beginning.startswith(b"PK\x03\x04"):
            return {"fault": "archive-bomb"}
        with zipfile.ZipFile(io.BytesIO(archive.read(entry))) as inner:
            return look_into(inner, packed=entry.file_size, depth=depth + 1)
    if entry.filename.lower().endswith(".rels") and any(fetches(archive.read(entry))):
        return {"fault": "macros"}
    return None


def fetches(relations: bytes) -> Iterator[bool]:
    """Whether opening the document would fetch a template or an object from elsewhere, which may run."""
    if b"<!DOCTYPE" in relations or b"<!ENTITY" in relations:
        yield True
        return
    for each in ElementTree.fromstring(relations):  # noqa: S314  no entities, and in a process of its own
        kind = each.get("Type", "").rpartition("/")[2]
        outside = each.get("TargetMode") == "External"
        yield outside and kind in {"attachedTemplate", "oleObject", "frame", "subDocument", "externalLink"}


def of_table(content: bytes) -> Found:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return {"fault": "not-a-table"}
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", text):
        return {"fault": "not-a-table"}
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    csv.field_size_limit(2**20)
    columns = 0
    for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), start=1):
        columns = columns or len(row)
        if number > MOST_ROWS:
            return {"fault": "too-many-rows"}
        if row and (columns < 2 or len(row) != columns):
            return {"fault": "not-a-table", "row": number}
        if any(FORMULA.match(cell) for cell in row):
            return {"fault": "formula", "row": number}
    return {"media_type": "text/csv", "pages": 0} if columns else {"fault": "not-a-table"}


def answer_in_a_child(content: bytes) -> None:
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        signal.alarm(SECONDS)
        try:
            found = describe(content)
        # The libraries raise their own errors for most damage, and almost any other for the rest.
        except Exception:
            found = {"fault": "unreadable"}
        os.write(1, json.dumps(found).encode() + b"\n")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if status != 0:
        os.write(1, UNREADABLE)


def main() -> None:
    """Until the input ends, which is when the service does."""
    while length := sys.stdin.buffer.read(8):
        answer_in_a_child(sys.stdin.buffer.read(int.from_bytes(length)))


if __name__ == "__main__":
    main()
