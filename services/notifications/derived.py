"""What notifications knows only because it heard it, and what it did about it."""

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
    Progress,
    Subscription,
    Tally,
    Workshop,
)
from shared.derived import Derivation, Derived

SIGNED = "what was signed is kept and never made again: another order, or another salt, would be another journal"

SENDING = "tells how far sending it has come, and forgetting its person erases it"

TABLES = Derivation(
    derived=(
        Derived(
            table=Entry,
            key=("event_id",),
            except_={
                "position": "the order in which topics happened to be read",
                "recorded_at": "when it was handled",
            },
        ),
        Derived(table=File),
        Derived(table=DeadlineMove),
        Derived(table=Coaching),
        Derived(table=FileMember, key=("file_id", "person_id")),
        Derived(table=Edition),
        Derived(table=Challenge),
        Derived(table=Workshop),
        Derived(table=Contact),
        Derived(table=Tally, key=("what", "challenge_id", "quarter")),
        Derived(table=Progress, key=("file_id",)),
        Derived(table=Milestone, key=("milestone_id",)),
        Derived(
            table=Mail,
            key=("about_event_id", "person_id", "template"),
            except_={
                "id": "made here, and nothing that was heard refers to it",
                "created_at": "when it was handled",
                **dict.fromkeys(
                    (
                        "state",
                        "drafted",
                        "attempts",
                        "next_attempt_at",
                        "claimed_until",
                        "sent_at",
                        "language",
                        "address",
                        "subject",
                        "text",
                        "html",
                        "problem",
                    ),
                    SENDING,
                ),
            },
        ),
    ),
    own={
        Subscription: "partners subscribe through the API, and its secret is in no event",
        **dict.fromkeys(
            (JournalHash, JournalTile, JournalSalt, JournalCheckpoint, JournalCosignature, JournalKey), SIGNED
        ),
        Delivery: "depends on who had subscribed at that moment",
    },
)
