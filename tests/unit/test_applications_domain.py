"""The rules of applications: time, what follows on what, and who may join."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.applications.domain import applications, attachments, calls, challenges, teams
from services.applications.domain.applications import ALLOWED, Content, Status
from services.applications.domain.calls import CallStatus, Phase
from shared.clock import Deadline, resolve_deadline
from shared.errors import DomainError
from shared.events.forgettable import Dossier

ZONE = "Africa/Casablanca"
OPENS = resolve_deadline(datetime.fromisoformat("2026-12-01T08:00"), ZONE)
NO_GRACE = timedelta(0)
CLOSES = resolve_deadline(datetime.fromisoformat("2027-02-28T23:59"), ZONE)
WRITTEN = Content(title="Ears on the pipes", summary="Invented.", challenge_ids=(uuid4(),))

instants = st.datetimes(
    min_value=datetime.fromisoformat("2026-01-01"), max_value=datetime.fromisoformat("2028-01-01")
).map(lambda naive: naive.replace(tzinfo=UTC))
challenge_ids = st.uuids(version=4)


def at(instant: datetime) -> Deadline:
    return Deadline(local=instant.replace(tzinfo=None), zone="UTC", instant=instant, tzdata_version="2026c")


deadlines = instants.map(at)


def test_the_deadline_itself_is_in_time_and_the_next_instant_is_not() -> None:
    known: dict[str, Any] = {"opens": OPENS, "deadline": CLOSES, "grace": NO_GRACE, "status": CallStatus.ANNOUNCED}
    calls.require_open(**known, now=CLOSES.instant)

    with pytest.raises(calls.DeadlinePassed) as refused:
        calls.require_open(**known, now=CLOSES.instant + timedelta(microseconds=1))

    assert "2027-02-28 23:59 Africa/Casablanca (UTC+00:00), which is 2027-02-28 23:59 UTC" in refused.value.message
    assert refused.value.extra["now"] == CLOSES.instant + timedelta(microseconds=1)


@given(now=instants, opens=deadlines, deadline=deadlines, grace=st.timedeltas(NO_GRACE, timedelta(hours=1)))
def test_a_file_is_taken_exactly_between_opening_and_the_end_of_grace(
    now: datetime, opens: Deadline, deadline: Deadline, grace: timedelta
) -> None:
    try:
        calls.require_open(opens=opens, deadline=deadline, grace=grace, status=CallStatus.ANNOUNCED, now=now)
        taken = True
    except (calls.CallNotOpen, calls.DeadlinePassed):
        taken = False

    assert taken == (opens.instant <= now <= deadline.instant + grace)


@given(
    named=st.lists(challenge_ids, max_size=5),
    closes=deadlines,
    own=st.dictionaries(challenge_ids, deadlines, max_size=5),
    among=st.data(),
)
def test_the_strictest_deadline_of_what_is_named_counts(
    named: list[UUID], closes: Deadline, own: Mapping[UUID, Deadline], among: st.DataObject
) -> None:
    if own:
        named = [*named, *among.draw(st.lists(st.sampled_from(sorted(own))))]

    strictest = calls.strictest(named, closes=closes, own=own)

    assert all(strictest.instant <= own.get(each, closes).instant for each in named)
    assert strictest in {closes, *own.values()}
    assert strictest.instant <= calls.last(closes=closes, own=own).instant
    if not named:
        assert strictest == closes


@pytest.mark.parametrize(
    ("closes", "shortest", "refusal"),
    [
        (OPENS.instant + timedelta(days=1), calls.SHORTEST, None),
        (OPENS.instant + timedelta(days=1, seconds=-1), calls.SHORTEST, calls.CallTooShort),
        (OPENS.instant + timedelta(seconds=20), calls.SHORTEST_COMPRESSED, None),
        (OPENS.instant - timedelta(seconds=1), calls.SHORTEST_COMPRESSED, calls.CallTooShort),
        (OPENS.instant - timedelta(days=30), calls.SHORTEST, calls.DeadlineInThePast),
    ],
)
def test_a_call_is_open_for_a_while_and_ends_in_the_future(
    closes: datetime, shortest: timedelta, refusal: type[DomainError] | None
) -> None:
    def check() -> None:
        now = OPENS.instant - timedelta(days=2)
        calls.check_schedule(opens=OPENS, closes=at(closes), own={}, now=now, shortest=shortest)

    if refusal is None:
        check()
    else:
        with pytest.raises(refusal):
            check()


def test_a_challenges_own_deadline_obeys_the_same_rules_and_is_pointed_at() -> None:
    challenge = uuid4()

    with pytest.raises(calls.CallTooShort) as refused:
        calls.check_schedule(
            opens=OPENS, closes=CLOSES, own={challenge: OPENS}, now=OPENS.instant, shortest=calls.SHORTEST
        )

    assert refused.value.errors[0].pointer == f"#/challenge_deadlines/{challenge}"


def test_a_call_goes_through_its_phases() -> None:
    second = timedelta(seconds=1)
    moments = [OPENS.instant - second, OPENS.instant, CLOSES.instant, CLOSES.instant + second]

    phases = [
        calls.phase(status=CallStatus.ANNOUNCED, opens_at=OPENS.instant, last_deadline_at=CLOSES.instant, now=moment)
        for moment in moments
    ]

    assert phases == [Phase.ANNOUNCED, Phase.OPEN, Phase.OPEN, Phase.CLOSING]


def test_the_seal_is_broken_once_and_only_of_a_closed_call() -> None:
    last, now = CLOSES.instant, CLOSES.instant

    with pytest.raises(calls.CallNotClosed) as waiting:
        calls.open_files(CallStatus.ANNOUNCED, last_deadline_at=last, now=now)
    with pytest.raises(calls.FilesAlreadyOpen):
        calls.open_files(CallStatus.OPENED, last_deadline_at=last, now=now)

    assert calls.open_files(CallStatus.CLOSED, last_deadline_at=last, now=now) is CallStatus.OPENED
    assert waiting.value.retry_after
    assert 1 <= waiting.value.retry_after <= 10


def test_who_is_in_time_but_slow_to_save_is_told_so() -> None:
    with pytest.raises(calls.CallClosedMeanwhile):
        calls.require_not_over(deadline=CLOSES, grace=NO_GRACE, status=CallStatus.CLOSED, now=CLOSES.instant)


@given(start=st.sampled_from(Status), wanted=st.lists(st.sampled_from(Status), max_size=8))
def test_nothing_becomes_what_the_table_does_not_allow(start: Status, wanted: list[Status]) -> None:
    status = start
    for each in wanted:
        if each in ALLOWED[status]:
            status = applications.become(status, each)
        else:
            with pytest.raises(applications.WrongStatus) as refused:
                applications.become(status, each)
            assert refused.value.extra["possible"] == sorted(ALLOWED[status])

    assert set(ALLOWED) == set(Status)


def test_only_drafts_and_submitted_files_are_written() -> None:
    for status in Status:
        if status in {Status.DRAFT, Status.SUBMITTED}:
            applications.require_writable(status)
        else:
            with pytest.raises(applications.NotWritable):
                applications.require_writable(status)


@pytest.mark.parametrize("lacks", ["title", "summary", "challenge_ids"])
def test_what_is_missing_is_pointed_at(lacks: str) -> None:
    draft = replace(WRITTEN, **{lacks: () if lacks == "challenge_ids" else None})  # type: ignore[arg-type]  # by name

    with pytest.raises(applications.Incomplete) as refused:
        applications.hand_in(Status.DRAFT, draft=draft, lacking=draft.missing(), last=None, revision=0)

    assert [error.pointer for error in refused.value.errors] == [f"#/{lacks}"]


def test_handing_in_the_same_again_is_no_revision() -> None:
    assert applications.hand_in(Status.DRAFT, draft=WRITTEN, lacking=(), last=None, revision=0) is Status.SUBMITTED

    with pytest.raises(applications.NothingChanged):
        applications.hand_in(Status.SUBMITTED, draft=WRITTEN, lacking=(), last=WRITTEN, revision=1)

    revised = replace(WRITTEN, attachment_ids=frozenset({uuid4()}))
    assert (
        applications.hand_in(Status.SUBMITTED, draft=revised, lacking=(), last=WRITTEN, revision=1) is Status.SUBMITTED
    )


def test_an_application_is_handed_in_a_hundred_times_at_most() -> None:
    revised = replace(WRITTEN, title="Once more")

    assert (
        applications.hand_in(Status.SUBMITTED, draft=revised, lacking=(), last=WRITTEN, revision=99) is Status.SUBMITTED
    )
    with pytest.raises(applications.TooManyRevisions):
        applications.hand_in(Status.SUBMITTED, draft=revised, lacking=(), last=WRITTEN, revision=100)


def test_all_answers_together_fit_into_a_record() -> None:
    half = "x" * (applications.LONGEST_ANSWERS // 2)

    applications.check_content(Content(answers={"a": half[:-1], "b": half[:-1]}), offered=[])
    with pytest.raises(applications.AnswersTooLong):
        applications.check_content(Content(answers={"a": half, "b": half}), offered=[])


def test_the_longest_dossier_fits_into_a_kafka_record() -> None:
    widest = "\U0001f4a7"
    dossier = Dossier(
        application_id=uuid4(),
        revision=1,
        startup=widest * 200,
        title=widest * 200,
        summary=widest * 20_000,
        answers={"problem": widest * applications.LONGEST_ANSWERS},
        salt="0" * 32,
    )

    assert len(dossier.to_bytes()) < 1_000_000


def test_files_that_were_handed_in_count_although_the_draft_dropped_them() -> None:
    attachments.require_room([], kept=attachments.MOST_KEPT - 1)

    with pytest.raises(attachments.TooManyFiles):
        attachments.require_room(range(attachments.MOST_PER_DRAFT), kept=attachments.MOST_PER_DRAFT)
    with pytest.raises(attachments.TooManyKept):
        attachments.require_room([], kept=attachments.MOST_KEPT)


def test_a_file_names_challenges_of_its_call_only() -> None:
    offered, stranger = uuid4(), uuid4()

    with pytest.raises(applications.ChallengeNotInCall) as refused:
        applications.check_content(Content(challenge_ids=(offered, stranger)), offered=[offered])

    assert [error.pointer for error in refused.value.errors] == ["#/challenge_ids/1"]


def test_a_published_challenge_stands() -> None:
    challenges.require_declared("declared")

    with pytest.raises(challenges.ChallengePublishedAlready):
        challenges.require_declared("published")


def test_registered_people_join_once_until_the_team_is_full_or_has_handed_in() -> None:
    lead, friend, stranger = uuid4(), uuid4(), uuid4()
    crowd = [uuid4() for _ in range(teams.MOST_MEMBERS)]

    new = teams.joining([lead, friend, friend], registered={lead, friend}, members=[lead], has_handed_in=False)

    assert new == [friend]
    with pytest.raises(teams.UnknownMembers) as unknown:
        teams.joining([friend, stranger], registered={friend}, members=[lead], has_handed_in=False)
    assert unknown.value.errors[0].pointer == "#/person_ids/1"
    with pytest.raises(teams.TeamFull):
        teams.joining(crowd, registered=set(crowd), members=[lead], has_handed_in=False)
    with pytest.raises(teams.TeamSettled):
        teams.joining([friend], registered={friend}, members=[lead], has_handed_in=True)
