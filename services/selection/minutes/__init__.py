"""The minutes of a jury as a PDF in three languages: the same bytes of the same facts."""
