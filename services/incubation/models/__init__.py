"""The tables of incubation."""

from services.incubation.models.data_room import DataGrant, Dataset, DatasetContent, LicenceAcceptance, ReadReceipt
from services.incubation.models.experimentations import Experimentation, Measurement
from services.incubation.models.heard import Challenge, Edition, Startup, Withdrawal
from services.incubation.models.meetings import FocusGroup, Workshop, WorkshopRegistration
from services.incubation.models.projects import Evidence, Milestone, Project
from services.incubation.models.table import Table

__all__ = [
    "Challenge",
    "DataGrant",
    "Dataset",
    "DatasetContent",
    "Edition",
    "Evidence",
    "Experimentation",
    "FocusGroup",
    "LicenceAcceptance",
    "Measurement",
    "Milestone",
    "Project",
    "ReadReceipt",
    "Startup",
    "Table",
    "Withdrawal",
    "Workshop",
    "WorkshopRegistration",
]
