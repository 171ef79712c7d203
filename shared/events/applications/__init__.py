"""What applications tells: editions, challenges, calls, people, teams, applications, screening."""

from shared.events.applications.deadlines import (
    CallExtendedAfterOutage,
    CallRescheduled,
    CallResolvedAnew,
    DeadlinePostponed,
    ExtensionApproved,
    ExtensionAsked,
    ExtensionReason,
    ExtensionRefused,
)
from shared.events.applications.files import (
    ApplicationDrafted,
    ApplicationLeadPassed,
    ApplicationRevised,
    ApplicationsExported,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    AttachmentAdded,
    AttachmentRemoved,
)
from shared.events.applications.people import PersonRegistered, TeamFormed, TeamMemberAdded
from shared.events.applications.programme import (
    CallAnnounced,
    CallClosed,
    CallFormSet,
    ChallengeDeclared,
    ChallengePublished,
    Deadline,
    EditionAnnounced,
    EditionCorrected,
    FilesOpened,
)
from shared.events.applications.questions import AskedIf, Option, Question, Section
from shared.events.applications.screening import (
    ApplicationAdmitted,
    ApplicationDeclined,
    CallEligibilitySet,
    InformationRequested,
    InformationRequestEnded,
    InformationSupplied,
    ScreeningPublished,
    ScreeningReason,
    ScreeningTold,
)
from shared.events.applications.teams import (
    InvitationAccepted,
    InvitationDeclined,
    InvitationExpired,
    InvitationMade,
    InvitationRevoked,
    TeamLeadPassed,
    TeamMemberRemoved,
    TeamRole,
    TeamRoleGiven,
)
from shared.events.forgetting import ErasureDeferred, HoldLifted, HoldPlaced, PersonForgotten
from shared.events.operations import SharedEvent

TOPIC = "applications.events.v1"
SOURCE = "/services/applications"

AnyEvent = (
    EditionAnnounced
    | EditionCorrected
    | ChallengeDeclared
    | ChallengePublished
    | CallAnnounced
    | CallFormSet
    | CallRescheduled
    | DeadlinePostponed
    | CallExtendedAfterOutage
    | CallResolvedAnew
    | ExtensionAsked
    | ExtensionApproved
    | ExtensionRefused
    | CallClosed
    | FilesOpened
    | PersonRegistered
    | PersonForgotten
    | ErasureDeferred
    | HoldPlaced
    | HoldLifted
    | TeamFormed
    | TeamMemberAdded
    | TeamMemberRemoved
    | TeamRoleGiven
    | TeamLeadPassed
    | InvitationMade
    | InvitationAccepted
    | InvitationDeclined
    | InvitationRevoked
    | InvitationExpired
    | ApplicationDrafted
    | AttachmentAdded
    | AttachmentRemoved
    | ApplicationSubmitted
    | ApplicationRevised
    | ApplicationWithdrawn
    | ApplicationsExported
    | ApplicationLeadPassed
    | ApplicationAdmitted
    | ApplicationDeclined
    | CallEligibilitySet
    | InformationRequested
    | InformationSupplied
    | InformationRequestEnded
    | ScreeningTold
    | ScreeningPublished
    | SharedEvent
)

__all__ = [
    "SOURCE",
    "TOPIC",
    "AnyEvent",
    "ApplicationAdmitted",
    "ApplicationDeclined",
    "ApplicationDrafted",
    "ApplicationLeadPassed",
    "ApplicationRevised",
    "ApplicationSubmitted",
    "ApplicationWithdrawn",
    "ApplicationsExported",
    "AskedIf",
    "AttachmentAdded",
    "AttachmentRemoved",
    "CallAnnounced",
    "CallClosed",
    "CallEligibilitySet",
    "CallExtendedAfterOutage",
    "CallFormSet",
    "CallRescheduled",
    "CallResolvedAnew",
    "ChallengeDeclared",
    "ChallengePublished",
    "Deadline",
    "DeadlinePostponed",
    "EditionAnnounced",
    "EditionCorrected",
    "ExtensionApproved",
    "ExtensionAsked",
    "ExtensionReason",
    "ExtensionRefused",
    "FilesOpened",
    "InformationRequestEnded",
    "InformationRequested",
    "InformationSupplied",
    "InvitationAccepted",
    "InvitationDeclined",
    "InvitationExpired",
    "InvitationMade",
    "InvitationRevoked",
    "Option",
    "PersonRegistered",
    "Question",
    "ScreeningPublished",
    "ScreeningReason",
    "ScreeningTold",
    "Section",
    "TeamFormed",
    "TeamLeadPassed",
    "TeamMemberAdded",
    "TeamMemberRemoved",
    "TeamRole",
    "TeamRoleGiven",
]
