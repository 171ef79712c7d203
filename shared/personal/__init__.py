"""Personal data: for what it is held, where it is, and how it is erased, expires, and is given to its person."""

from shared.personal.erasing import erase_dossier, erase_files, erase_person, was_forgotten
from shared.personal.purposes import Purpose
from shared.personal.register import Act, Held, Register

__all__ = ["Act", "Held", "Purpose", "Register", "erase_dossier", "erase_files", "erase_person", "was_forgotten"]
