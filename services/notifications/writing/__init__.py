"""From a letter's facts to its words, in the person's language."""

from services.notifications.writing.context import context_of
from services.notifications.writing.words import LANGUAGES, Written, write

__all__ = ["LANGUAGES", "Written", "context_of", "write"]
