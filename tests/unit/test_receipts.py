"""A receipt says what was taken in, byte for byte, and only its signer could have written it."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from shared.outbox import Outgoing
from shared.receipts import NotAReceipt, read_receipt, receipt_for
from shared.tlog.keys import SigningKey
from shared.tlog.note import BadSignature, MalformedNote, NoKnownSignature, Note

KEY = SigningKey.generate("datacity.test/receipts")
VALUE = b'{"application_id":"1","deadline":{"wall":"23:59"},"note":"\xc3\xa9"}'
TOLD = Outgoing(
    id=UUID("01900000-0000-7000-8000-000000000001"),
    topic="applications.events.v1",
    source="/services/applications",
    type="io.datacity.application.submitted.v1",
    subject="s",
    key="k",
    time=datetime(2017, 2, 28, 22, 10, tzinfo=UTC),
    correlation_id="c",
    causation_id=None,
    actor="a",
    traceparent=None,
    value=VALUE,
)


def test_it_says_the_event_its_instant_and_its_exact_bytes() -> None:
    receipt = read_receipt(receipt_for(TOLD, KEY.skey).encode(), [KEY.verifier])

    assert receipt.event == str(TOLD.id)
    assert receipt.type == TOLD.type
    assert receipt.time == "2017-02-28T22:10:00.000000Z"
    assert receipt.value == VALUE
    assert receipt.facts["deadline"] == {"wall": "23:59"}


def test_a_changed_one_is_noticed() -> None:
    changed = receipt_for(TOLD, KEY.skey).replace("22:10", "21:10").encode()

    with pytest.raises(BadSignature):
        read_receipt(changed, [KEY.verifier])


def test_somebody_elses_is_not_taken() -> None:
    other = SigningKey.generate(KEY.name)

    with pytest.raises(NoKnownSignature):
        read_receipt(receipt_for(TOLD, other.skey).encode(), [KEY.verifier])


@pytest.mark.parametrize(
    "text",
    [
        "datacity-receipt/2\nevent 1\ntype t\nsubject s\ntime t\n{}\n",
        "datacity-receipt/1\nevent 1\ntype t\nsubject s\n{}\n",
        "datacity-receipt/1\ntype t\nevent 1\nsubject s\ntime t\n{}\n",
        "datacity-receipt/1\nevent 1\ntype t\nsubject s\ntime t\n[]\n",
        "datacity-receipt/1\nevent 1\ntype t\nsubject s\ntime t\nnothing\n",
        "datacity.test/log\n1\nAAAA\n",
    ],
)
def test_another_note_of_the_same_key_is_no_receipt(text: str) -> None:
    with pytest.raises(NotAReceipt):
        read_receipt(Note(text).signed(KEY).encode(), [KEY.verifier])


def test_what_is_not_signed_at_all_is_refused() -> None:
    with pytest.raises(MalformedNote):
        read_receipt(b"datacity-receipt/1\n", [KEY.verifier])
