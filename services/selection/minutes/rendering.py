"""Draws the minutes as a PDF: tagged, titled, in its language, and the same bytes of the same facts and words."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.selection.minutes.document import document_of
from services.selection.minutes.speech import Language

HERE = Path(__file__).parent


def pdf_of(
    facts: Mapping[str, Any], *, digest: str, words: Mapping[str, Mapping[str, str]], language: Language
) -> bytes:
    """PDF/UA-1: what a screen reader needs is in it, or it is not made."""
    import typst  # here, as it takes 80 MB that only a service which draws minutes needs

    document = document_of(facts, digest=digest, words=words, language=language)
    return typst.compile(
        HERE / "minutes.typ",
        root=HERE,
        font_paths=[HERE / "fonts"],
        ignore_system_fonts=True,
        sys_inputs={"document": json.dumps(document, ensure_ascii=False, sort_keys=True)},
        format="pdf",
        pdf_standards="ua-1",
    )
