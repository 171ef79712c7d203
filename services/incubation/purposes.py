"""For what incubation holds personal data."""

from shared.personal.purposes import Purpose

GUEST = Purpose(
    name="guest",
    whose="whoever registers for a workshop without an account",
    purpose="To keep a seat, and to write to its holder.",
    basis="Consent, by registering.",
    until="Until the seat is given back, the guest is forgotten, or 30 days after the workshop.",
)
"""`jobs.forget_old_guests` ends it after the workshop."""

WORK = Purpose(
    name="work",
    whose="the startup's member who wrote it",
    purpose="To show a coach that a milestone is reached, or a partner why data is asked for.",
    basis="Contract: being accompanied.",
    until="Until its author, or the whole team, is forgotten.",
)
ADVICE = Purpose(
    name="advice",
    whose="the coach or the partner who wrote it, and the startup that it is about",
    purpose="To tell a startup what is missing, or why it does not get what it asked for.",
    basis="Contract: being accompanied.",
    until="Until its author, or the whole team, is forgotten.",
)
STARTUP = Purpose(
    name="startup",
    whose="the team that is accompanied",
    purpose="To call a project by its startup's name.",
    basis="Contract: being accompanied.",
    until="Until applications forgets the revision that it comes from.",
)
PLAN = Purpose(
    name="plan",
    whose="the startup that is accompanied",
    purpose="To say what is due.",
    basis="Contract: being accompanied.",
    until="Until the whole team is forgotten.",
)
PUBLIC_RECORD = Purpose(
    name="public-record",
    whose="nobody, if it is written as the form asks: it describes a trial in the city and names no person",
    purpose="To let everyone read what is tried in the city, under which conditions, and what came out.",
    basis="Public interest: an experimentation in public space that the city authorised.",
    until="For as long as the log is kept.",
)
RECEIPT = Purpose(
    name="receipt",
    whose="the member who accepted a licence or read a dataset, by an opaque id",
    purpose="To let a dataset's owner know who promised what, and who read it.",
    basis="Contract: the dataset's licence.",
    until="For as long as the log is kept.",
)
PERSON_ID = Purpose(
    name="person-id",
    whose="whoever acted or is concerned, by an opaque id",
    purpose="To tell who may do what, and who did it; it says nothing of who the person is.",
    basis="Legitimate interest: a programme that can be checked.",
    until="For as long as the log is kept.",
)
