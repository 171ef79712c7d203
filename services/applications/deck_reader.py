"""A program of its own: reads PDFs from its input, each in a child with tight limits, and says what they are.

PDF is a format in which a small file can ask for any amount of memory and time, so each is opened in a process whose
end is the worst that it can bring about. The parent of those processes has loaded the library once; it never looks
into a file itself. Imports nothing of ours: it is run as a script.

Input: the length as 8 bytes, big-endian, then the file; again and again. Output: one line of JSON for each.
"""

import io
import json
import os
import resource
import signal
import sys

from pypdf import PdfReader

MEMORY = 512 * 2**20
SECONDS = 10
MOST_PAGES_COUNTED = 10_000
UNREADABLE = b'{"fault": "unreadable"}\n'


def describe(content: bytes) -> dict[str, object]:
    """`{"pages": n}`, or `{"fault": "encrypted" | "unreadable"}`."""
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted:
            return {"fault": "encrypted"}
        pages = len(reader.pages)
        if not pages > 0:
            return {"fault": "unreadable"}
        if pages < MOST_PAGES_COUNTED:
            # The first page is truly there, not only counted.
            _ = reader.pages[0].mediabox
    # pypdf raises its own errors for most damage, and almost any other for the rest.
    except Exception:
        return {"fault": "unreadable"}
    return {"pages": pages}


def answer_in_a_child(content: bytes) -> None:
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        signal.alarm(SECONDS)
        os.write(1, json.dumps(describe(content)).encode() + b"\n")
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
