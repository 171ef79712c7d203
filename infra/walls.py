"""A wall of our own for import-linter: modules that import the standard library and what is named, and nothing else."""

import sys
from typing import Any, cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from importlinter.domain.helpers import module_expressions_to_modules


class PlainPython(Contract):
    """Refuses what `forbidden` can't: a library that nobody thought of naming.

    - source_modules: the modules that must stay plain, with all that is in them.
    - allowed:        what they may import besides the standard library and each other.
    """

    type_name = "plain_python"

    source_modules = fields.SetField(subfield=fields.ModuleExpressionField())
    allowed = fields.SetField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        sources = {module.name for module in module_expressions_to_modules(graph, self.source_modules)}  # type: ignore[arg-type]
        allowed: set[str] = cast("Any", self.allowed) or set()
        found: list[tuple[str, str, Any]] = []
        for root in sorted(sources):
            for module in sorted({root} | graph.find_descendants(root)):
                for imported in sorted(graph.find_modules_directly_imported_by(module)):
                    own = _within(imported, root)
                    standard = imported.partition(".")[0] in sys.stdlib_module_names
                    if not (own or standard or any(_within(imported, name) for name in allowed)):
                        lines = graph.get_import_details(importer=module, imported=imported)
                        found.append((module, imported, [line["line_number"] for line in lines]))
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for module, imported, lines in check.metadata["found"]:
            where = ", ".join(f"l.{line}" for line in lines)
            output.print_error(f"{module} imports {imported} ({where}): give it what it needs as an argument.")
        output.new_line()


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")
