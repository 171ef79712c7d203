"""What goes when a person is forgotten, what stays, who leads then; and what the log tells of it afterwards."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.applications.domain.applications import Status
from services.applications.domain.erasure import KEPT_UNDER, File, Ground, Part, plan, successor
from services.notifications.domain import erasures
from services.notifications.domain.erasures import DEFERRED, DOSSIER_ERASED, FORGOTTEN, PERSON_ERASED
from shared.events.erasures import WHY_KEPT
from shared.events.forgettable import HOLDERS

PERSON, FILE = str(uuid4()), str(uuid4())
WHEN = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


def file(*others: UUID, status: str = Status.SUBMITTED) -> File:
    return File(application_id=uuid4(), team_id=uuid4(), status=status, others=others)


def test_a_file_goes_with_the_last_person_who_wrote_it() -> None:
    alone, shared = file(), file(uuid4())

    found = plan([alone, shared], [])

    assert (found.files, found.shared) == ((alone.application_id,), (shared.application_id,))
    assert found.contact
    assert not found.kept


@pytest.mark.parametrize(
    ("status", "leaves"),
    [(Status.DRAFT, True), (Status.ADMITTED, True), (Status.SELECTED, False), (Status.DECLINED, False)],
)
def test_only_a_file_in_the_running_is_taken_out_of_it(status: Status, leaves: bool) -> None:
    one = file(status=status)

    assert (one.application_id in plan([one], []).withdrawn) is leaves


def test_accounts_keep_who_it_was_and_not_what_was_written() -> None:
    alone = file()

    found = plan([alone], [Ground.ACCOUNTING])

    assert not found.contact
    assert found.files == (alone.application_id,)
    assert found.kept == ((Part.CONTACT, Ground.ACCOUNTING),)


def test_a_dispute_keeps_both() -> None:
    found = plan([file()], [Ground.DISPUTE, Ground.ACCOUNTING])

    assert not found.contact
    assert not found.files
    assert (Part.FILES, Ground.DISPUTE) in found.kept


def test_every_ground_keeps_something_and_has_its_sentence() -> None:
    assert set(KEPT_UNDER) == set(Ground)
    assert all(KEPT_UNDER[ground] and ground in WHY_KEPT for ground in Ground)


def test_the_longest_standing_of_the_others_leads_then() -> None:
    first, second = uuid4(), uuid4()

    assert successor([first, second]) == first
    assert successor([]) is None


# What the log tells.


@dataclass(frozen=True)
class Entry:
    """An entry of the log."""

    type: str
    source: str
    data: Any
    happened_at: datetime = WHEN


def forgotten(*revisions: int) -> Entry:
    dossiers = [{"application_id": FILE, "revision": revision} for revision in revisions]
    return Entry(FORGOTTEN, "/services/applications", {"dossiers": dossiers})


def person_erased(service: str, **erased: int) -> Entry:
    return Entry(PERSON_ERASED, f"/services/{service}", {"person_id": PERSON, "erased": erased, "kept": []})


def dossier_erased(service: str, revision: int, **erased: int) -> Entry:
    data = {"application_id": FILE, "revision": revision, "erased": erased}
    return Entry(DOSSIER_ERASED, f"/services/{service}", data, WHEN + timedelta(seconds=1))


def told(of_person: list[Entry], of_dossiers: list[Entry]) -> Any:
    return erasures.report(PERSON, of_person, of_dossiers, holders=HOLDERS)


EVERYBODY = [person_erased(service, contact=1) for service in HOLDERS["people.v1"]]


def test_of_whom_nothing_was_told_there_is_no_report() -> None:
    assert told([], []) is None


def test_it_is_complete_once_everyone_has_answered_every_tombstone() -> None:
    files = [dossier_erased(service, 1, dossier=1) for service in HOLDERS["dossiers.v1"]]

    assert told([forgotten(1), *EVERYBODY], files).complete
    assert not told([forgotten(1), *EVERYBODY[:-1]], files).complete
    assert not told([forgotten(1, 2), *EVERYBODY], files).complete


def test_who_is_missing_is_named_with_what() -> None:
    report = told([forgotten(2), *EVERYBODY[:-1]], [dossier_erased("selection", 2)])

    assert report.missing == {"notifications": [f"people.v1 {PERSON}"], "incubation": [f"dossiers.v1 {FILE}/2"]}


def test_what_a_service_erased_is_added_up_over_its_answers() -> None:
    more = [person_erased("selection", review=1), person_erased("selection", review=2, seat=1)]

    report = told([forgotten(1), *more], [dossier_erased("selection", 1, review=4)])

    assert report.answers["selection"].erased == {"review": 7, "seat": 1}


def test_a_guest_has_no_account_so_applications_is_not_waited_for() -> None:
    answers = [person_erased(service) for service in HOLDERS["people.v1"] if service != "applications"]

    assert told(answers, []).complete


def test_while_an_obligation_keeps_something_the_report_says_what_and_until_when() -> None:
    kept = [{"table": "person", "rows": 1, "because": "dispute"}]
    deferred = Entry(DEFERRED, "/services/applications", {"kept": kept, "until": "2027-01-01", "dossiers": []})

    waiting = told([deferred], [])
    done = told([deferred, forgotten(), *EVERYBODY], [])

    assert (waiting.state, waiting.until, waiting.kept, waiting.complete) == ("deferred", "2027-01-01", kept, False)
    assert (done.state, done.kept, done.complete) == ("forgotten", [], True)
