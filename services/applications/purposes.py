"""For what applications holds personal data."""

from datetime import timedelta

from shared.personal.purposes import Purpose

CONTACT = Purpose(
    name="contact",
    whose="everyone who signed in and said how to be reached",
    purpose="To write to the person in its language, and to show its team who belongs to it.",
    basis="Contract: taking part in the programme, at the person's own request (law 09-08, article 4).",
    until="Until the person is forgotten.",
)
INVITATION = Purpose(
    name="invitation",
    whose="whoever a team invites by mail",
    purpose="To write to the person once, and to let the lead see who was invited.",
    basis="Legitimate interest of the team that invites, for some days; whoever does not answer is forgotten.",
    until="Until the invitation is answered, taken back or over.",
    keeps=timedelta(days=30),
)
MEMBERSHIP = Purpose(
    name="membership",
    whose="the members of a team",
    purpose="To let the members of a team, and nobody else, write and read its file.",
    basis="Contract: applying together.",
    until="Until the member is forgotten.",
)
FILE = Purpose(
    name="file",
    whose="the team that applies",
    purpose="To judge the application; if it is selected to accompany the startup, and to publish its name and title.",
    basis="Contract: the application that the team handed in.",
    until="Until the last member of the team is forgotten, or five years after the file was begun.",
)
"""Five years: the outcome is followed for three after a programme of up to two. `jobs.forget_old_files` ends them."""

REVISION = Purpose(
    name="revision",
    whose="the team that applies",
    purpose="To keep what was handed in as it was judged, with what its digest in the log can be checked by.",
    basis="Contract: the application that the team handed in.",
    until="For as long as the file.",
)
SCREENING = Purpose(
    name="screening",
    whose="the team that applies",
    purpose="To find who may take part, to ask the team for what is missing, and to give it the reasons.",
    basis="Contract: a fair procedure.",
    until="Until the file is erased.",
)
EXTENSION = Purpose(
    name="extension",
    whose="the team that gets more time",
    purpose="To decide whether a team needs more time, and to answer for it; the public log has a word of a list only.",
    basis="Contract: a fair procedure.",
    until="Until a member of the team is forgotten, or the file is erased.",
)
PERSON_ID = Purpose(
    name="person-id",
    whose="whoever acted, by an opaque id",
    purpose="To tell who may do what, and who did it; it says nothing of who the person is.",
    basis="Legitimate interest: a procedure that can be checked.",
    until="For as long as the log is kept.",
)
ERASURE = Purpose(
    name="erasure",
    whose="whoever asked to be forgotten, by an opaque id",
    purpose="To prove that and when the request was followed, and to show what must still be kept, and why.",
    basis="Legal obligation: proof that the right of law 09-08 was respected.",
    until="For as long as the log is kept.",
)
