"""What incubation knows only because it heard it, and what happened here."""

from services.incubation.models import (
    Challenge,
    DataGrant,
    Dataset,
    DatasetContent,
    Edition,
    Evidence,
    Experimentation,
    FocusGroup,
    LicenceAcceptance,
    Measurement,
    Milestone,
    Project,
    ReadReceipt,
    Startup,
    Withdrawal,
    Workshop,
    WorkshopRegistration,
)
from shared.derived import Derivation, Derived

BY_PEOPLE = "people made it through the API; its events leave out their words, files and addresses"

TABLES = Derivation(
    derived=(
        Derived(table=Edition),
        Derived(table=Challenge),
        Derived(table=Startup),
        Derived(table=Withdrawal),
        Derived(
            table=Project, key=("application_id",), except_={"coach_id": "staff names the coach through the API, later"}
        ),
    ),
    own=dict.fromkeys(
        (
            DataGrant,
            Dataset,
            DatasetContent,
            Evidence,
            Experimentation,
            FocusGroup,
            LicenceAcceptance,
            Measurement,
            Milestone,
            ReadReceipt,
            Workshop,
            WorkshopRegistration,
        ),
        BY_PEOPLE,
    ),
)
