"""Files of all sorts, good and bad."""

import io
import zipfile

from PIL import Image

DOCUMENT = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/word/document.xml" ContentType="{media_type}.main+xml"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" '
    'Target="https://elsewhere.example/t.dotm" TargetMode="External"/></Relationships>'
)


def packed(parts: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return written.getvalue()


def document(media_type: str = DOCUMENT, **parts: bytes) -> bytes:
    """A document of an office program, as far as one looks; more parts by name, `__` for `/` and `_dot_` for `.`."""
    more = {name.replace("__", "/").replace("_dot_", "."): content for name, content in parts.items()}
    types = _TYPES.format(media_type=media_type).encode()
    return packed({"[Content_Types].xml": types, "word/document.xml": b"<w:document/>"} | more)


def fetching(kind: str) -> bytes:
    """The relations of a part that brings something from elsewhere when it is opened."""
    return _RELATIONS.format(kind=kind).encode()


def open_document() -> bytes:
    return packed({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<office/>"})


def picture(format_: str = "PNG", size: tuple[int, int] = (8, 8)) -> bytes:
    written = io.BytesIO()
    Image.new("1" if format_ == "PNG" else "L", size).save(written, format_)
    return written.getvalue()


def archive_within_archives(depth: int) -> bytes:
    content = packed({"deep.txt": b"deep"})
    for n in range(depth):
        content = packed({f"inner{n}.docx": content})
    return content
