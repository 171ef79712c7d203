"""A form as it was filled in: understood, or with what can't be understood marked, to be shown again as it was."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from shared.web.page import fields_of

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, kw_only=True)
class Filled(Generic[Model]):
    """What was sent, by name; the model that it makes, or which names are wrong, each with pydantic's code for it."""

    values: Mapping[str, str] = field(default_factory=dict)
    model: Model | None = None
    wrong: Mapping[str, str] = field(default_factory=dict)

    def value(self, name: str) -> str:
        return self.values.get(name, "")


async def filled_in(request: Request, kind: type[Model]) -> Filled[Model]:
    """What was left empty is as if it were not there; of a name that is there twice the last counts."""
    values = dict(await fields_of(request))
    try:
        model = kind.model_validate({name: value for name, value in values.items() if value.strip()})
    except ValidationError as error:
        wrong = {str(each["loc"][0]): str(each["type"]) for each in error.errors() if each["loc"]}
        return Filled(values=values, wrong=wrong)
    return Filled(values=values, model=model)
