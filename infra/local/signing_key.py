"""The keys that the local stack's services sign with; they outlive a restart, or the journal would look forged."""

import os
from pathlib import Path

from infra.local.problems import LocalProblem
from shared.tlog.fault import Fault
from shared.tlog.keys import SigningKey


def load_or_make_key(file: Path, *, name: str) -> SigningKey:
    """The key in the file, which is made on first use. Raises LocalProblem if the file holds no key."""
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        written = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(written, "w") as opened:
            opened.write(SigningKey.generate(name).skey + "\n")
    try:
        return SigningKey.parse(file.read_text().strip())
    except (OSError, Fault) as wrong:
        message = f"Restore {file} from its backup: it should hold a key ({wrong})."
        raise LocalProblem(message) from wrong
