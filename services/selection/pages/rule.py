"""A jury's rule in a form: how many read a file, what files are about, and whether they are read blind."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from services.selection.commands import FieldMatching
from services.selection.domain.juries import Blind
from services.selection.models import Jury
from services.selection.pages.forms import Fields, Form, competences_in, one_of

Competence = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
FieldId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,59}$")]

WRITTEN = ("reviews_per_file", "files_per_juror", "fields", "fields_answer", "someone_with")


class RuleForm(Form):
    """What can be changed later too."""

    reviews_per_file: Annotated[int, Field(ge=1, le=50)] = 2
    files_per_juror: Annotated[int, Field(ge=1, le=10_000)] = 10
    fields_answer: FieldId | None = None
    someone_with: Competence | None = None


class AppointForm(RuleForm):
    """What is said once."""

    blind: Blind = Blind.APPLICANTS


def matching_in(fields: Fields, form: RuleForm) -> FieldMatching:
    """Raises NotCompetences."""
    return FieldMatching(
        fields=competences_in(fields, "fields"), fields_answer=form.fields_answer, someone_with=form.someone_with
    )


def rule_written(given: Fields | None, jury: Jury | None = None) -> dict[str, Any]:
    """What stands in the form: what was written in it, else what holds."""
    if given is not None:
        return {name: one_of(given, name) or "" for name in WRITTEN}
    if jury is None:
        return {**dict.fromkeys(WRITTEN, ""), "reviews_per_file": 2, "files_per_juror": 10}
    return {
        "reviews_per_file": jury.reviews_per_file,
        "files_per_juror": jury.files_per_juror,
        "fields": ", ".join(jury.fields),
        "fields_answer": jury.fields_answer or "",
        "someone_with": jury.someone_with or "",
    }
