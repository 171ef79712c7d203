"""For what selection holds personal data."""

from datetime import timedelta

from shared.personal.purposes import Purpose

FILE = Purpose(
    name="file",
    whose="the team that applies",
    purpose="To let jurors, and staff who deliberate, read what the team handed in.",
    basis="Contract: the application that the team handed in.",
    until="Until applications forgets the revision.",
)
INTEREST = Purpose(
    name="interest",
    whose="a juror, and those of the file to whom it is bound",
    purpose="To keep a juror from judging a file in which it has an interest.",
    basis="Legitimate interest: impartial decisions.",
    until="Until the juror, or the file's team, is forgotten.",
    keeps=timedelta(days=3 * 365),
    since="declared_at",
)
REASON = Purpose(
    name="reason",
    whose="the team that was judged, and the juror who wrote it",
    purpose="To give applicants the reasons for a decision; it names no juror.",
    basis="Contract: a fair procedure.",
    until="Until the file's team is forgotten.",
    keeps=timedelta(days=5 * 365),
    since="assigned_at",
)
NOTE = Purpose(
    name="note",
    whose="the juror who wrote it, and the team that it is about",
    purpose="To let the jury and staff understand a review, or why it was given back.",
    basis="Legitimate interest: running the selection.",
    until="Until the juror, or the file's team, is forgotten.",
    keeps=timedelta(days=3 * 365),
    since="assigned_at",
)
REASON_GIVEN = Purpose(
    name="reason-given",
    whose="the team that was decided on, and the jurors whose words it was made from",
    purpose="To tell an applicant why; checked by a person so that it names no juror.",
    basis="Contract: a fair procedure.",
    until="Until the file's team is forgotten.",
)
NAME_PRINT = Purpose(
    name="name-print",
    whose="whoever left a name with the programme",
    purpose="To find the name of a juror in what an applicant is told, without holding the name.",
    basis="Legitimate interest: jurors who need not fear for what they write.",
    until="Until the person is forgotten.",
)
NAME_IN_MINUTES = Purpose(
    name="name-in-minutes",
    whose="a juror, or a member of staff who decided something",
    purpose="To have minutes say who judged and who decided, to staff and auditors, by the name that staff typed.",
    basis="Legitimate interest: decisions that can be checked.",
    until="Until the person is forgotten.",
    keeps=timedelta(days=5 * 365),
    since="named_at",
)
REMARK = Purpose(
    name="remark",
    whose="whoever made it, and the team that it is about, if it is about one",
    purpose="To account for what was held against a decision before it was published.",
    basis="Legitimate interest: decisions that can be checked.",
    until="Until the file's team is forgotten.",
    keeps=timedelta(days=5 * 365),
    since="made_at",
)
DECISION = Purpose(
    name="decision",
    whose="the team that was decided on",
    purpose="To account for an outcome that was changed by hand.",
    basis="Legitimate interest: decisions that can be checked.",
    until="Until the file's team is forgotten.",
)
PHASE_REASON = Purpose(
    name="phase-reason",
    whose="the member of staff who wrote it, and whoever it names",
    purpose="To tell why a jury was moved on, or back, by hand.",
    basis="Legitimate interest: a procedure that can be checked.",
    until="Until whoever wrote it is forgotten.",
    keeps=timedelta(days=3 * 365),
    since="opened_at",
)
DISCUSSION = Purpose(
    name="discussion",
    whose="the juror or the member of staff who wrote it, and the team that it is about",
    purpose="To let those who reviewed a file talk about it before it is decided on.",
    basis="Legitimate interest: decisions that several people thought about.",
    until="Until whoever wrote it, or the file's team, is forgotten.",
    keeps=timedelta(days=3 * 365),
    since="said_at",
)
PERSON_ID = Purpose(
    name="person-id",
    whose="whoever acted or is concerned, by an opaque id",
    purpose="To tell who judges what, who must not, and who did what; it says nothing of who the person is.",
    basis="Legitimate interest: a procedure that can be checked.",
    until="For as long as the log is kept.",
)
SEAT = Purpose(
    name="seat",
    whose="a juror, by an opaque id",
    purpose="To assign files to those who sit in a jury.",
    basis="Contract: judging for the programme.",
    until="Until the juror is unseated or forgotten.",
)
TIE = Purpose(
    name="tie",
    whose="a juror, a mentor or a shareholder; or the team that applies",
    purpose="To see which juror is bound to which file, before it reads it.",
    basis="Legitimate interest: impartial decisions.",
    until="Until the person, or the file's team, is forgotten.",
    keeps=timedelta(days=3 * 365),
    since="stated_at",
)
WAIVER = Purpose(
    name="waiver",
    whose="the juror whose tie was waived, and whoever the reason names",
    purpose="To tell why somebody tied to a partner may judge who answers that partner's challenge.",
    basis="Legitimate interest: a procedure that can be checked.",
    until="Until the juror is forgotten.",
    keeps=timedelta(days=3 * 365),
    since="waived_at",
)
COMPETENCE = Purpose(
    name="competence",
    whose="a juror",
    purpose="To give files to jurors who know what they are about.",
    basis="Contract: judging for the programme.",
    until="Until the juror is forgotten.",
    keeps=timedelta(days=3 * 365),
    since="stated_at",
)
