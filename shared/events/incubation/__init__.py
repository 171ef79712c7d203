"""What incubation tells: projects, coaches, milestones, the data room, focus groups, workshops, experimentations."""

from shared.events.incubation.data_room import (
    DataAccessExpired,
    DataAccessGranted,
    DataAccessRefused,
    DataAccessRequested,
    DataAccessRevoked,
    DatasetOffered,
    DatasetRead,
)
from shared.events.incubation.experimentations import (
    ExperimentationAuthorised,
    ExperimentationRefused,
    ExperimentationRegistered,
    ExperimentationReported,
    ExperimentationStarted,
    MeasurementRecorded,
)
from shared.events.incubation.meetings import (
    FocusGroupFormed,
    WorkshopRegistrationCancelled,
    WorkshopRegistrationTaken,
    WorkshopScheduled,
)
from shared.events.incubation.projects import (
    CoachAssigned,
    MilestoneApproved,
    MilestoneEvidenceSubmitted,
    MilestoneKind,
    MilestonePlanned,
    MilestoneReturned,
    ProjectEnded,
    ProjectOpened,
)
from shared.events.operations import SharedEvent

TOPIC = "incubation.events.v1"
SOURCE = "/services/incubation"

AnyEvent = (
    ProjectOpened
    | ProjectEnded
    | CoachAssigned
    | MilestonePlanned
    | MilestoneEvidenceSubmitted
    | MilestoneApproved
    | MilestoneReturned
    | DatasetOffered
    | DataAccessRequested
    | DataAccessGranted
    | DataAccessRefused
    | DataAccessRevoked
    | DataAccessExpired
    | DatasetRead
    | FocusGroupFormed
    | WorkshopScheduled
    | WorkshopRegistrationTaken
    | WorkshopRegistrationCancelled
    | ExperimentationRegistered
    | ExperimentationAuthorised
    | ExperimentationRefused
    | ExperimentationStarted
    | MeasurementRecorded
    | ExperimentationReported
    | SharedEvent
)

__all__ = [
    "SOURCE",
    "TOPIC",
    "AnyEvent",
    "CoachAssigned",
    "DataAccessExpired",
    "DataAccessGranted",
    "DataAccessRefused",
    "DataAccessRequested",
    "DataAccessRevoked",
    "DatasetOffered",
    "DatasetRead",
    "ExperimentationAuthorised",
    "ExperimentationRefused",
    "ExperimentationRegistered",
    "ExperimentationReported",
    "ExperimentationStarted",
    "FocusGroupFormed",
    "MeasurementRecorded",
    "MilestoneApproved",
    "MilestoneEvidenceSubmitted",
    "MilestoneKind",
    "MilestonePlanned",
    "MilestoneReturned",
    "ProjectEnded",
    "ProjectOpened",
    "SharedEvent",
    "WorkshopRegistrationCancelled",
    "WorkshopRegistrationTaken",
    "WorkshopScheduled",
]
