"""Renders a letter from its template: subject, plain text and HTML, from right to left in Arabic."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from services.notifications.writing import vocabulary

LANGUAGES = ("fr", "ar", "en")
TEMPLATES = Path(__file__).parents[1] / "templates"

_ISOLATE, _POP = "\u2066", "\u2069"


@dataclass(frozen=True, kw_only=True)
class Written:
    """A letter in words."""

    language: str
    subject: str
    text: str
    html: str


def write(template: str, *, language: str, name: str, url: str, facts: Mapping[str, Any]) -> Written:
    """The letter. A template's first line is its subject; paragraphs are apart by an empty line.

    Both parts come from the same template, so that they can't say different things.
    """
    language = language if language in LANGUAGES else "fr"
    context = {**facts, "name": " ".join(name.split()), "url": url, "language": language}
    subject, text = _split(_environment(html=False).get_template(f"{language}/{template}.txt").render(context))
    _, marked = _split(_environment(html=True).get_template(f"{language}/{template}.txt").render(context))
    frame = context | {
        "subject": subject,
        "greeting": vocabulary.GREETING[language],
        "comma": vocabulary.COMMA[language],
        "signature": vocabulary.SIGNATURE[language],
        "why": (vocabulary.WHY_INVITED if template == "invited" else vocabulary.WHY)[language],
    }
    return Written(
        language=language,
        subject=subject,
        text=_environment(html=False).get_template("frame.txt").render(frame, body=text),
        html=_environment(html=True).get_template("frame.html").render(frame, paragraphs=_paragraphs(marked)),
    )


@cache
def _environment(*, html: bool) -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=html,  # noqa: S701  the text part is no HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["exact"] = _exact_in_html if html else _exact_in_text
    return made


def _exact_in_html(value: object) -> Markup:
    """A code, a time or an address keeps its own direction within Arabic."""
    return Markup('<bdi dir="ltr">') + escape(value) + Markup("</bdi>")


@pass_context
def _exact_in_text(context: Context, value: object) -> str:
    return f"{_ISOLATE}{value}{_POP}" if context["language"] == "ar" else str(value)


def _split(rendered: str) -> tuple[str, str]:
    subject, _, body = rendered.partition("\n")
    return subject.strip(), body.strip()


def _paragraphs(marked: str) -> list[Markup]:
    # The template is ours and what it holds was escaped as it was put in.
    return [Markup(part.strip()) for part in re.split(r"\n\s*\n", marked)]  # noqa: S704
