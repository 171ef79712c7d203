"""For what notifications holds personal data."""

from datetime import timedelta

from shared.personal.purposes import Purpose

CONTACT = Purpose(
    name="contact",
    whose="everyone who is written to",
    purpose="To write to the person in its language.",
    basis="Contract: taking part in the programme; for a workshop's guest, consent by registering.",
    until="Until the person is forgotten.",
)
INVITATION = Purpose(
    name="invitation",
    whose="whoever a team invites by mail",
    purpose="To tell the person which team invites it, and how to answer.",
    basis="Legitimate interest of the team that invites, for some days; whoever does not answer is forgotten.",
    until="Until the invitation is answered, taken back or over.",
)
LETTER = Purpose(
    name="letter",
    whose="whom the letter is to",
    purpose="To send the same words again if the mail server did not take them.",
    basis="Contract: taking part in the programme.",
    until="Until the person is forgotten.",
    keeps=timedelta(days=90),
    since="created_at",
)
PERSON_ID = Purpose(
    name="person-id",
    whose="whoever acted or is concerned, by an opaque id",
    purpose="To write to whom an event concerns, and to let the log be checked; it says nothing of who the person is.",
    basis="Legitimate interest: a programme that can be checked.",
    until="For as long as the log is kept.",
)
