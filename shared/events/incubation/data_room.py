"""What incubation tells of the data that partners offer, and of who may read it."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events.envelope import Event


class DatasetOffered(Event):
    """A partner offers data that is rarely shared, for a challenge, under a licence and for a purpose."""

    TYPE: ClassVar[str] = "io.datacity.dataset.offered.v1"
    SUBJECT: ClassVar[str] = "dataset_id"

    dataset_id: UUID
    challenge_id: UUID
    partner: str
    licence: str


class _DataGrantEvent(Event):
    SUBJECT: ClassVar[str] = "grant_id"
    KEY: ClassVar[str] = "application_id"

    grant_id: UUID
    dataset_id: UUID
    project_id: UUID
    application_id: UUID
    partner: str
    lead_id: UUID


class DataAccessRequested(_DataGrantEvent):
    """A project asks its partner for a dataset."""

    TYPE: ClassVar[str] = "io.datacity.data-access.requested.v1"


class DataAccessGranted(_DataGrantEvent):
    """The owner grants access until an instant."""

    TYPE: ClassVar[str] = "io.datacity.data-access.granted.v1"

    expires_at: datetime


class DataAccessRefused(_DataGrantEvent):
    """The owner refuses access."""

    TYPE: ClassVar[str] = "io.datacity.data-access.refused.v1"


class DataAccessRevoked(_DataGrantEvent):
    """The owner takes access back before it expires, or its project ended."""

    TYPE: ClassVar[str] = "io.datacity.data-access.revoked.v1"


class DataAccessExpired(_DataGrantEvent):
    """Access ended at the instant that the grant named."""

    TYPE: ClassVar[str] = "io.datacity.data-access.expired.v1"


class DatasetRead(_DataGrantEvent):
    """A member read the dataset: the receipt that its owner can see."""

    TYPE: ClassVar[str] = "io.datacity.data-access.read.v1"

    person_id: UUID
