"""Takes a service's tables out: CSV for people, JSON Lines for programs, and a manifest of digests over both."""

from shared.exporting.archive import MANIFEST, SUMS, Exported, export_tables
from shared.exporting.cells import guarded
from shared.exporting.manifest import Damaged, check_folder

__all__ = ["MANIFEST", "SUMS", "Damaged", "Exported", "check_folder", "export_tables", "guarded"]
