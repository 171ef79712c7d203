"""A program of its own: reads a PDF from its input within tight limits of memory and time, and says what it is.

PDF is a format in which a small file can ask for any amount of memory and time, so it is opened here, where the
worst that it can do is to end this process. Imports nothing of ours: it is run as a script.
"""

import io
import json
import resource
import sys

MEMORY = 512 * 2**20
CPU_SECONDS = 10


def describe(content: bytes, *, most_pages: int) -> dict[str, object]:
    """`{"pages": n}`, or `{"fault": "encrypted" | "unreadable"}`."""
    from pypdf import PdfReader  # costs most of the start, so it comes after the limits

    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted:
            return {"fault": "encrypted"}
        pages = len(reader.pages)
        # The first page is truly there, not only counted; more would be read by nobody here.
        if not pages > 0:
            return {"fault": "unreadable"}
        if pages <= most_pages:
            _ = reader.pages[0].mediabox
    # pypdf raises its own errors for most damage, and almost any other for the rest.
    except Exception:
        return {"fault": "unreadable"}
    return {"pages": pages}


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    json.dump(describe(sys.stdin.buffer.read(), most_pages=int(sys.argv[1])), sys.stdout)
