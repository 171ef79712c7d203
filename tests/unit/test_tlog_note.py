"""Signed notes and their keys: what everyone else signs verifies, and what is spelled otherwise is refused."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.tlog.keys import MalformedKey, SigningKey, UnknownKeyType, VerifierKey
from shared.tlog.note import (
    AmbiguousKey,
    BadSignature,
    MalformedNote,
    NoKnownSignature,
    Note,
    Signature,
    format_signatures,
    parse_signatures,
)

# The example of https://c2sp.org/signed-note.
EXAMPLE_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()

# The example of golang.org/x/mod/sumdb/note, with the private key that it was made by.
PETER_SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PETER_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

ALICE = SigningKey("alice.example/log", bytes(range(32)))
BOB = SigningKey("bob.example/log", bytes(range(1, 33)))
TEXT = "A text\n\nof three lines.\n"
SIGNED = Note(TEXT).signed(ALICE, BOB)


def line_of(signature: bytes, name: str = "eve.example") -> bytes:
    return f"— {name} {base64.b64encode(signature).decode()}\n".encode()


def test_the_specifications_example_verifies() -> None:
    key = VerifierKey.parse(EXAMPLE_VKEY)

    note = Note.parse(EXAMPLE)

    assert note.verify([key])[0].key == key
    assert note.text == "This is an example message.\n"
    assert note.encode() == EXAMPLE
    assert key.vkey == EXAMPLE_VKEY


def test_a_note_of_gos_library_is_signed_to_the_byte() -> None:
    key = SigningKey.parse(PETER_SKEY)

    assert key.verifier.vkey == PETER_VKEY
    assert key.skey == PETER_SKEY
    assert Note(PETER_TEXT).signed(key).encode() == f"{PETER_TEXT}\n{PETER_LINE}".encode()


def test_what_was_signed_is_read_again() -> None:
    note = Note.parse(SIGNED.encode())

    assert note == SIGNED
    assert [signed.key for signed in note.verify([ALICE.verifier, BOB.verifier])] == [ALICE.verifier, BOB.verifier]


def test_signatures_of_others_are_ignored() -> None:
    (signed,) = SIGNED.verify([BOB.verifier])

    assert signed.signature.name == BOB.name


def test_a_note_that_nobody_known_signed_is_refused() -> None:
    stranger = SigningKey(ALICE.name, bytes(32)).verifier

    assert SIGNED.signatures_by([stranger]) == ()
    with pytest.raises(NoKnownSignature) as fault:
        SIGNED.verify([stranger])
    assert fault.value.known == [f"{stranger.name}+{stranger.key_id.hex()}"]


def test_the_same_name_or_the_same_id_alone_is_another_key() -> None:
    others = tuple(
        Signature(name, key_id, bytes(64)) for name, key_id in ((ALICE.name, b"1234"), ("eve.example", ALICE.key_id))
    )

    note = SIGNED.with_signatures(others)

    assert [signed.key for signed in note.verify([ALICE.verifier])] == [ALICE.verifier]


def test_a_bad_signature_of_a_known_key_spoils_the_note() -> None:
    forged = Note(SIGNED.text.replace("three", "four"), SIGNED.signatures)
    note = Note(TEXT).signed(BOB).with_signatures([Signature(ALICE.name, ALICE.key_id, bytes(64))])

    for each, known in ((forged, [BOB.verifier]), (note, [ALICE.verifier, BOB.verifier])):
        with pytest.raises(BadSignature):
            each.verify(known)
    note.verify([BOB.verifier])


def test_every_signature_of_a_known_key_is_verified() -> None:
    twice = Note(TEXT, (*Note(TEXT).signed(ALICE).signatures, Signature(ALICE.name, ALICE.key_id, bytes(64))))

    with pytest.raises(BadSignature):
        twice.verify([ALICE.verifier])


@pytest.mark.parametrize("length", [1, 63, 65])
def test_a_signature_of_another_length_is_bad(length: int) -> None:
    with pytest.raises(BadSignature):
        Note(TEXT, (Signature(ALICE.name, ALICE.key_id, bytes(length)),)).verify([ALICE.verifier])


def test_two_keys_of_one_name_and_id_are_not_told_apart() -> None:
    class Other(VerifierKey):
        key_id = ALICE.key_id

    with pytest.raises(AmbiguousKey):
        SIGNED.verify([ALICE.verifier, Other(ALICE.name, bytes(32))])
    SIGNED.verify([ALICE.verifier, ALICE.verifier])


def test_a_key_signs_once() -> None:
    assert len(SIGNED.signed(ALICE).signatures) == 2
    assert SIGNED.signed(ALICE).signatures[-1].name == ALICE.name


@given(st.binary(min_size=1, max_size=3), st.data())
def test_a_changed_byte_is_noticed(change: bytes, data: Any) -> None:
    whole = Note(TEXT).signed(ALICE).encode()
    at = data.draw(st.integers(0, len(whole) - len(change)))
    other = whole[:at] + change + whole[at + len(change) :]

    if other != whole:
        with pytest.raises((MalformedNote, BadSignature, NoKnownSignature)):
            Note.parse(other).verify([ALICE.verifier])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"text\n",
        b"text\n\n",
        b"text\n" + line_of(b"12345"),
        b"text\n\n" + line_of(b"12345") + b"more\n",
        b"text\n\n" + line_of(b"12345")[:-1],
        b"text\n\n" + line_of(b"12345") + b"\n",
        b"text\n\n" + line_of(b"1234"),
        b"text\n\n" + line_of(b""),
        b"text\n\n" + line_of(b"12345", name=""),
        b"text\n\n" + line_of(b"12345", name="a+b"),
        b"text\n\n" + line_of(b"12345", name="a b"),
        b"text\n\n" + line_of(b"12345", name="a\u2003b"),
        b"text\n\n" + line_of(b"12345", name="a\u0085b"),
        b"text\n\n" + line_of(b"12345").replace("—".encode(), b"-"),
        b"text\n\n" + line_of(b"12345").replace("— ".encode(), "—".encode()),
        b"text\n\n" + line_of(b"12345").replace(b"=", b""),
        b"text\n\n" + line_of(b"12345").replace(b"=", b"==="),
        b"text\n\n" + line_of(b"123\xfb\xef\xbe").replace(b"+", b"-"),
        b"text\n\n" + line_of(b"12345").replace(b"U=", b"V="),
        b"text\n\n" + line_of(b"12345").replace(b"\n", b" \n"),
        b"text\n\n" + line_of(b"12345").replace(b"\n", b"\r\n"),
        b"te\x00xt\n\n" + line_of(b"12345"),
        b"te\rxt\n\n" + line_of(b"12345"),
        b"te\txt\n\n" + line_of(b"12345"),
        b"te\xffxt\n\n" + line_of(b"12345"),
        b"te\xed\xa0\x80xt\n\n" + line_of(b"12345"),
        b"text\n\n" + line_of(b"12345") * 101,
        b"x" * 1_000_000 + b"\n\n" + line_of(b"12345"),
    ],
    ids=lambda data: repr(data[:40]),
)
def test_a_note_that_is_spelled_otherwise_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedNote):
        Note.parse(data)


@pytest.mark.parametrize("text", ["\n", "\n\n\n", "a\n\nb\n", "\u2028\u0085\n", "été — ثقة\n", "\x7f\n"])
def test_any_other_text_can_be_signed(text: str) -> None:
    note = Note(text).signed(ALICE)

    assert Note.parse(note.encode()) == note


def test_sixteen_large_signatures_are_accepted() -> None:
    many = tuple(Signature(f"witness{nth}.example", b"1234", bytes(5_000)) for nth in range(16))

    assert len(Note.parse(Note(TEXT, many).encode()).signatures) == 16


@pytest.mark.parametrize("text", ["", "no end", "a\rb\n", "\ud800\n"])
def test_a_text_that_no_note_can_have_is_not_signed(text: str) -> None:
    with pytest.raises(MalformedNote):
        Note(text).signed(ALICE)


def test_what_nobody_signed_is_not_published() -> None:
    with pytest.raises(MalformedNote):
        Note(TEXT).encode()


def test_signature_lines_travel_without_the_text() -> None:
    assert parse_signatures(format_signatures(SIGNED.signatures)) == SIGNED.signatures
    for data in (b"", b"\n", b"text\n", format_signatures(SIGNED.signatures)[:-1]):
        with pytest.raises(MalformedNote):
            parse_signatures(data)


def test_a_new_key_signs_and_is_read_again() -> None:
    key = SigningKey.generate("log.example")

    assert SigningKey.parse(key.skey) == key
    assert VerifierKey.parse(key.verifier.vkey) == key.verifier
    assert key.seed.hex() not in repr(key)
    assert "seed" not in repr(key)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "example.com/foo",
        "example.com/foo+530d903a",
        "example.com/foo+530d903a+",
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/fo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+0530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3Q==",
        "example.com/foo bar+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        PETER_SKEY,
    ],
)
def test_a_verifier_key_that_is_spelled_otherwise_is_refused(vkey: str) -> None:
    with pytest.raises(MalformedKey):
        VerifierKey.parse(vkey)


@pytest.mark.parametrize("skey", ["", PETER_VKEY, PETER_SKEY.replace("c7", "c8"), PETER_SKEY.removeprefix("PRIVATE+")])
def test_a_private_key_that_is_spelled_otherwise_is_refused(skey: str) -> None:
    with pytest.raises(MalformedKey) as fault:
        SigningKey.parse(skey)

    assert "AYEKFALV" not in str(fault.value)


@pytest.mark.parametrize("kind", [0, 2, 4, 6, 255])
def test_a_key_for_another_kind_of_signature_is_refused(kind: int) -> None:
    with pytest.raises(UnknownKeyType) as fault:
        VerifierKey.parse(f"log.example+00000000+{base64.b64encode(bytes([kind]) + bytes(32)).decode()}")

    assert fault.value.found == kind
