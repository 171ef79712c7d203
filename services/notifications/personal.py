"""What notifications holds on a person: in which columns, whose rows they are, and what forgetting does to them."""

from sqlmodel import col

from services.notifications.models import (
    Challenge,
    Coaching,
    Contact,
    DeadlineMove,
    Delivery,
    Edition,
    Entry,
    File,
    FileMember,
    JournalCheckpoint,
    JournalCosignature,
    JournalHash,
    JournalKey,
    JournalSalt,
    JournalTile,
    Mail,
    Milestone,
    Subscription,
    Tally,
    Workshop,
)
from shared.personal import Act, Held, Register

TREE = "hashes, random bytes and signatures over the log, which holds nothing on a person but opaque ids"

REGISTER = Register(
    held=(
        Held(
            table=Contact,
            columns=("name", "email", "language", "invited_to", "invitation_code"),
            of=lambda person_id: col(Contact.id) == person_id,
            act=Act.DELETE,
        ),
        Held(
            table=Mail,
            columns=("language", "address", "subject", "text", "html", "problem"),
            of=lambda person_id: col(Mail.person_id) == person_id,
        ),
        Held(
            table=Mail,
            columns=("person_id",),
            of=lambda person_id: col(Mail.person_id) == person_id,
            act=Act.KEEP,
            because="opaque-id",
        ),
        Held(
            table=File,
            columns=("lead_id",),
            of=lambda person_id: col(File.lead_id) == person_id,
            act=Act.KEEP,
            because="opaque-id",
        ),
        Held(
            table=FileMember,
            columns=("person_id",),
            of=lambda person_id: col(FileMember.person_id) == person_id,
            act=Act.KEEP,
            because="opaque-id",
        ),
        Held(
            table=Coaching,
            columns=("coach_id",),
            of=lambda person_id: col(Coaching.coach_id) == person_id,
            act=Act.KEEP,
            because="opaque-id",
        ),
        Held(
            table=Entry,
            columns=("actor",),
            of=lambda person_id: col(Entry.actor) == str(person_id),
            act=Act.KEEP,
            because="opaque-id",
        ),
    ),
    not_personal={
        Tally: "counts",
        Milestone: "a word of ours",
        JournalHash: TREE,
        JournalTile: TREE,
        JournalSalt: TREE,
        JournalCheckpoint: TREE,
        JournalCosignature: "the signature of an organisation's program",
        JournalKey: "a public key of the journal's own",
        Entry: "events: facts and ids, never a name, an address or words of a person",
        **dict.fromkeys(
            (JournalHash, JournalTile, JournalSalt, JournalCheckpoint, JournalCosignature, JournalKey),
            "hashes, salts, keys and signatures over events, which are about nobody by name",
        ),
        DeadlineMove: "deadlines, and the ids of files that have one of their own",
        Edition: "a zone's name",
        Challenge: "published for everyone",
        Workshop: "published for everyone",
        Mail: {"template": "a word of ours", "facts": "what an event told: facts and ids", "state": "a word of ours"},
        Subscription: "an organisation's endpoint, and the secrets that sign what is sent there",
        Delivery: "what an event told, without the ids of persons",
    },
)
