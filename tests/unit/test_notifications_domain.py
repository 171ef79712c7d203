"""The rules of notifications: where webhooks may go, what a partner is told, when to try again, what a log can hold."""

import ipaddress
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain import journal, timeline, webhooks
from services.notifications.domain.addresses import (
    AddressNotPublic,
    HttpsRequired,
    UnusableUrl,
    check_url,
    is_public,
    public_address,
)
from services.notifications.domain.retries import (
    COMPRESSED_PAUSES,
    MAIL_PAUSES,
    WEBHOOK_PAUSES,
    next_attempt,
    retry_after_seconds,
)
from services.notifications.domain.webhooks import TYPES, TypesNotOffered, Verdict
from shared.events import EVENTS, applications, incubation, selection

NOW = datetime(2017, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/datacity",
        "https://hooks.example.com:8443/a?b=c",
        "https://93.184.216.34/",
        "https://[2606:2800:220:1:248:1893:25c8:1946]/",
        "https://xn--exmple-cua.com/",
    ],
)
def test_a_public_https_endpoint_is_taken(url: str) -> None:
    assert check_url(url, allow_private=False).scheme == "https"


@pytest.mark.parametrize(
    ("url", "refusal"),
    [
        ("http://hooks.example.com/", HttpsRequired),
        ("https://127.0.0.1/", AddressNotPublic),
        ("https://10.1.2.3/hook", AddressNotPublic),
        ("https://100.64.0.1/", AddressNotPublic),
        ("https://169.254.169.254/latest/meta-data/", AddressNotPublic),
        ("https://224.0.0.1/", AddressNotPublic),
        ("https://0.0.0.0/", AddressNotPublic),
        ("https://[::1]/", AddressNotPublic),
        ("https://[fd00:ec2::254]/", AddressNotPublic),
        ("https://[fe80::1]/", AddressNotPublic),
        ("https://[::ffff:10.0.0.1]/", AddressNotPublic),
        ("https://[64:ff9b::a00:1]/", AddressNotPublic),
        ("https://[2002:a00:1::]/", AddressNotPublic),
        ("https://2130706433/", AddressNotPublic),
        ("https://0x7f.1/", AddressNotPublic),
        ("https://0177.0.0.1/", AddressNotPublic),
        ("https://127.1/", AddressNotPublic),
        ("https://127.0.0.1./", AddressNotPublic),
        ("https://localhost/", AddressNotPublic),
        ("https://LOCALHOST./", AddressNotPublic),
        ("https://kafka/", AddressNotPublic),
        ("https://db.internal./", AddressNotPublic),
        ("https://user:secret@hooks.example.com/", UnusableUrl),
        ("https://hooks.example.com\\@127.0.0.1/", UnusableUrl),
        ("ftp://hooks.example.com/", UnusableUrl),
        ("file:///etc/passwd", UnusableUrl),
        ("hooks.example.com", UnusableUrl),
        ("https://hooks.example.com/#part", UnusableUrl),
        ("https:///path", UnusableUrl),
        ("https://hooks.example.com:0/", UnusableUrl),
        ("https://hooks.example.com:99999/", UnusableUrl),
        ("https://exämple.com/", UnusableUrl),
        ("https://[::1/", UnusableUrl),
        ("https://hooks.example.com/" + "x" * 2_000, UnusableUrl),
    ],
)
def test_any_other_is_refused(url: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        check_url(url, allow_private=False)


def test_demonstrations_may_call_themselves_but_nothing_that_is_no_endpoint() -> None:
    assert check_url("http://127.0.0.1:8000/hook", allow_private=True).port == 8000
    with pytest.raises(UnusableUrl):
        check_url("file:///etc/passwd", allow_private=True)


@given(st.text(max_size=60))
def test_no_text_breaks_the_check_of_a_url(text: str) -> None:
    for url in (text, f"https://{text}", f"https://{text}.example.com/"):
        try:
            parts = check_url(url, allow_private=False)
        except (UnusableUrl, HttpsRequired, AddressNotPublic):
            continue
        assert parts.scheme == "https"
        assert parts.hostname


@given(
    st.one_of(
        st.ip_addresses(v=4, network="10.0.0.0/8"),
        st.ip_addresses(v=4, network="192.168.0.0/16"),
        st.ip_addresses(v=6, network="fc00::/7"),
    )
)
def test_no_inside_address_is_public_in_any_disguise(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert not is_public(address)
    if address.version == 4:
        assert not is_public(ipaddress.IPv6Address(f"::ffff:{address}"))
        assert not is_public(ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) + int(address)))
        assert not is_public(ipaddress.IPv6Address((0x2002 << 112) + (int(address) << 80)))


def test_a_name_with_one_address_inside_is_refused_whole() -> None:
    assert public_address(["93.184.216.34", "93.184.216.35"], allow_private=False) == "93.184.216.34"
    assert public_address(["127.0.0.1"], allow_private=True) == "127.0.0.1"
    for found in (["93.184.216.34", "10.0.0.1"], ["fe80::1%eth0"], []):
        with pytest.raises(AddressNotPublic):
            public_address(found, allow_private=False)


@pytest.mark.parametrize("pauses", [WEBHOOK_PAUSES, MAIL_PAUSES, COMPRESSED_PAUSES])
def test_each_pause_is_as_long_or_longer_and_then_it_is_given_up(pauses: tuple[float, ...]) -> None:
    for attempts, pause in enumerate(pauses, start=1):
        again = next_attempt(attempts=attempts, now=NOW, pauses=pauses)
        assert again is not None
        assert timedelta(seconds=pause) <= again - NOW <= timedelta(seconds=pause * 1.2)

    assert list(pauses) == sorted(pauses)
    assert next_attempt(attempts=len(pauses) + 1, now=NOW, pauses=pauses) is None


def test_an_endpoint_may_ask_for_patience_within_bounds() -> None:
    asked = next_attempt(attempts=1, now=NOW, pauses=WEBHOOK_PAUSES, asked_seconds=60)
    too_much = next_attempt(attempts=1, now=NOW, pauses=WEBHOOK_PAUSES, asked_seconds=1e9)

    assert asked is not None
    assert asked - NOW >= timedelta(seconds=60)
    assert too_much is not None
    assert too_much - NOW <= timedelta(hours=1.2)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), (" 7 ", 7.0), (None, None), ("soon", None), ("-1", None), ("٧", None), ("9" * 50, None)],
)
def test_retry_after_is_read_if_it_is_a_number(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header) == seconds


def test_only_2xx_is_success_and_410_is_the_end() -> None:
    assert {status: webhooks.judge(status) for status in (200, 204, 299, 301, 404, 410, 429, 500)} == {
        200: Verdict.DELIVERED,
        204: Verdict.DELIVERED,
        299: Verdict.DELIVERED,
        301: Verdict.TRY_AGAIN,
        404: Verdict.TRY_AGAIN,
        410: Verdict.GONE,
        429: Verdict.TRY_AGAIN,
        500: Verdict.TRY_AGAIN,
    }


def test_each_offered_type_exists_and_names_the_partner_it_is_about() -> None:
    for type_ in TYPES:
        assert "partner" in EVENTS[type_].model_fields, type_


def test_every_field_that_names_persons_is_left_out_of_what_partners_read() -> None:
    for type_ in TYPES:
        told = set(EVENTS[type_].model_fields) - webhooks.OF_PERSONS
        data = dict.fromkeys(EVENTS[type_].model_fields, "x")
        message = json.loads(webhooks.payload(type_=type_, happened_at=NOW, data=data))
        assert set(message["data"]) == told
        assert not [
            name for name in told if name.removesuffix("s").endswith(("lead_id", "member_id", "person_id", "juror_id"))
        ]


def test_types_are_kept_once_and_unknown_ones_are_pointed_at() -> None:
    assert webhooks.check_types([TYPES[2], TYPES[0], TYPES[2]]) == (TYPES[0], TYPES[2])
    with pytest.raises(TypesNotOffered) as refused:
        webhooks.check_types([TYPES[0], "io.datacity.mail.sent.v1"])
    assert [error.pointer for error in refused.value.errors] == ["#/types/1"]


def test_an_old_secret_signs_until_its_hour() -> None:
    until = NOW + timedelta(hours=1)

    assert webhooks.signing_secrets("new", "old", until, now=NOW) == ["new", "old"]
    assert webhooks.signing_secrets("new", "old", until, now=until) == ["new"]
    assert webhooks.signing_secrets("new", None, None, now=NOW) == ["new"]
    assert webhooks.new_secret() != webhooks.new_secret()


def test_a_file_is_known_by_its_key_and_data() -> None:
    application = uuid4()

    assert journal.file_of(str(application), {"application_id": str(application)}) == application
    for key, data in (
        (str(application), {}),
        ("x", {"application_id": "x"}),
        (str(application), None),
        (str(uuid4()), {"application_id": str(application)}),
    ):
        assert journal.file_of(key, data) is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    )
)
def test_what_is_readable_is_kept_as_it_is(data: object) -> None:
    read = journal.readable(json.dumps(data).encode())

    assert read is None or json.loads(json.dumps(read, allow_nan=False)) == read
    assert "\x00" not in json.dumps(read, ensure_ascii=False)


@pytest.mark.parametrize("data", [None, [], {}, {"about_event_id": 5}, {"about_event_id": "x"}, "about_event_id"])
def test_what_is_about_nothing_is_about_nothing(data: object) -> None:
    assert journal.about(data) is None
    assert journal.about({"about_event_id": str(UUID(int=1))}) == UUID(int=1)


@dataclass(kw_only=True)
class Told:
    """An entry, as far as a story needs it."""

    position: int
    happened_at: datetime
    causation_id: str | None = None
    event_id: UUID = field(default_factory=uuid4)
    type: str = "io.datacity.x.happened.v1"
    data: Any = None


def test_a_story_is_in_the_order_of_time_though_a_topic_was_read_ahead() -> None:
    draft = Told(position=3, happened_at=NOW)
    selected = Told(position=1, happened_at=NOW + timedelta(hours=1))
    opened = Told(position=2, happened_at=NOW + timedelta(hours=2), causation_id=str(selected.event_id))

    assert timeline.in_order([selected, opened, draft]) == [draft, selected, opened]


def test_no_effect_comes_before_its_cause_whatever_the_clocks_say() -> None:
    cause = Told(position=3, happened_at=NOW)
    effect = Told(position=1, happened_at=NOW - timedelta(seconds=1), causation_id=str(cause.event_id))
    second = Told(position=2, happened_at=NOW - timedelta(seconds=2), causation_id=str(effect.event_id))

    assert timeline.in_order([effect, second, cause]) == [cause, effect, second]


def test_a_circle_of_causes_is_told_all_the_same() -> None:
    one, two = uuid4(), uuid4()
    circle = [
        Told(position=1, happened_at=NOW, event_id=one, causation_id=str(two)),
        Told(position=2, happened_at=NOW, event_id=two, causation_id=str(one)),
    ]

    assert {each.position for each in timeline.in_order(circle)} == {1, 2}


def test_an_applicant_is_shown_no_person_and_nothing_of_the_jury() -> None:
    of_jury = {event.TYPE for event in get_args(selection.AnyEvent)} - {
        "io.datacity.application.selected.v1",
        "io.datacity.application.reserved.v1",
        "io.datacity.application.not-selected.v1",
    }
    for type_, fields in timeline.SHOWN_TO_APPLICANT.items():
        assert type_ not in of_jury
        assert set(fields) <= set(EVENTS[type_].model_fields), type_
        assert not {"lead_id", "member_ids", "juror_id", "coach_id", "person_id", "authorised_by"} & set(fields)


def test_an_applicant_is_shown_all_that_the_own_file_goes_through() -> None:
    of_file = {
        event.TYPE
        for module in (applications, incubation)
        for event in get_args(module.AnyEvent)
        if "application_id" in (event.KEY, event.SUBJECT)
    }

    # A reading of a dataset names who read it; and once a file is erased, nobody of its team is left to read of it.
    unshown = {"io.datacity.data-access.read.v1", "io.datacity.dossier.erased.v1"}
    # What a person decided in screening is told with all others', and who asked for more time is not its team.
    unshown |= {f"io.datacity.application.{decided}.v1" for decided in ("admitted", "declined")}
    unshown |= {f"io.datacity.extension.{step}.v1" for step in ("asked", "refused")}
    assert of_file - set(timeline.SHOWN_TO_APPLICANT) == unshown
