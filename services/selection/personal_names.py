"""What selection holds of people's names, and that forgetting takes it away."""

from sqlmodel import col

from services.selection.models import NameInMinutes, NamePrint
from shared.personal import Act, Held


def held_of_names() -> tuple[Held, ...]:
    return (
        Held(
            table=NamePrint,
            columns=("words",),
            of=lambda person_id: col(NamePrint.id) == person_id,
            act=Act.DELETE,
        ),
        Held(
            table=NameInMinutes,
            columns=("name",),
            of=lambda person_id: col(NameInMinutes.id) == person_id,
            act=Act.DELETE,
        ),
        Held(
            table=NameInMinutes,
            columns=("named_by",),
            of=lambda person_id: col(NameInMinutes.named_by) == str(person_id),
            act=Act.KEEP,
            because="opaque-id",
        ),
    )
