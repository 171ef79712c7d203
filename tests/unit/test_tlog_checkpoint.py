"""Checkpoints and those who cosign them: read strictly, tied to one log, one size and one time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.tlog import checkpoint, merkle
from shared.tlog.checkpoint import Checkpoint, MalformedCheckpoint, UnknownLog, WrongOrigin
from shared.tlog.cosignature import CosignerKey, CosigningKey, cosign, cosigned_at
from shared.tlog.growing import Edge, grow
from shared.tlog.keys import SigningKey, UnknownKeyType, VerifierKey
from shared.tlog.merkle import EMPTY_ROOT, Inconsistent, WrongProofLength
from shared.tlog.note import BadSignature, MalformedNote, NoKnownSignature, Note, Signature
from shared.tlog.witness import AddCheckpoint, MalformedRequest, OldSizeBeyondCheckpoint, StaleOldSize, check

# The example of https://c2sp.org/tlog-checkpoint.
EXAMPLE = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
ORIGIN, SIZE, ROOT = EXAMPLE.splitlines()

# The request in https://c2sp.org/tlog-witness.
REQUEST = """\
old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa \
Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa \
opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
""".encode()

LOG = SigningKey("log.example/journal", bytes(range(32)))
CITY = CosigningKey("city.example/witness", bytes(range(1, 33)))
NOW = 1_795_600_000

LEAVES = merkle.leaf_hashes(b"entry %d" % nth for nth in range(100))


def of(size: int, leaves: list[bytes] = LEAVES) -> Checkpoint:
    return Checkpoint(origin=LOG.name, size=size, root=grow(Edge(), leaves[:size])[0].root)


def request(old_size: int, size: int) -> AddCheckpoint:
    proof = merkle.prove_consistency(old_size, size, lambda node: subtree(node.level, node.position))
    return AddCheckpoint(old_size=old_size, proof=tuple(proof), checkpoint=of(size).signed(LOG))


def subtree(level: int, position: int) -> bytes:
    return grow(Edge(), LEAVES[position << level : (position + 1) << level])[0].root


def test_the_specifications_example_is_read_and_written() -> None:
    found = Checkpoint.parse(EXAMPLE)

    assert (found.origin, found.size, found.extensions) == (ORIGIN, 20852163, ())
    assert found.text == EXAMPLE


def test_extensions_are_kept_in_order() -> None:
    found = Checkpoint.parse(EXAMPLE + "one\ntwo\n")

    assert found.extensions == ("one", "two")
    assert found.text == EXAMPLE + "one\ntwo\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n\n",
        f"{ORIGIN}\n{SIZE}\n",
        f"{ORIGIN}\n{SIZE}\n{ROOT}",
        f"\n{SIZE}\n{ROOT}\n",
        f"{ORIGIN}\n0{SIZE}\n{ROOT}\n",
        f"{ORIGIN}\n+{SIZE}\n{ROOT}\n",
        f"{ORIGIN}\n-1\n{ROOT}\n",
        f"{ORIGIN}\n{SIZE} \n{ROOT}\n",
        f"{ORIGIN}\n1_0\n{ROOT}\n",
        f"{ORIGIN}\n٣\n{ROOT}\n",
        f"{ORIGIN}\n{2**63}\n{ROOT}\n",
        f"{ORIGIN}\n{'9' * 5000}\n{ROOT}\n",
        f"{ORIGIN}\n\n{ROOT}\n",
        f"{ORIGIN}\n{SIZE}\n{ROOT[:-1]}\n",
        f"{ORIGIN}\n{SIZE}\n{ROOT[:-2]}J=\n",
        f"{ORIGIN}\n{SIZE}\n{ROOT.replace('/', '_')}\n",
        f"{ORIGIN}\n{SIZE}\nAAAA\n",
        f"{ORIGIN}\n{SIZE}\n{'٣' * 44}\n",
        f"{EXAMPLE}\n",
        f"{EXAMPLE}one\n\n",
        f"{EXAMPLE}one\n\ntwo\n",
        f"{EXAMPLE}one",
        EXAMPLE.replace("\n", "\r\n"),
    ],
    ids=lambda text: repr(text[:60]),
)
def test_a_checkpoint_that_is_spelled_otherwise_is_refused(text: str) -> None:
    with pytest.raises(MalformedCheckpoint):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "wrong", [{"origin": ""}, {"origin": "a\nb"}, {"size": -1}, {"size": 2**63}, {"root": b""}, {"extensions": ("",)}]
)
def test_a_checkpoint_that_can_not_be_written_is_not_made(wrong: dict[str, object]) -> None:
    with pytest.raises(MalformedCheckpoint):
        Checkpoint(**({"origin": ORIGIN, "size": 1, "root": bytes(32)} | wrong))  # type: ignore[arg-type]


def test_a_published_checkpoint_is_verified_in_one_call() -> None:
    data = of(10).signed(LOG).encode()

    found, note = checkpoint.verified(data, origin=LOG.name, keys=[LOG.verifier])

    assert found == of(10)
    assert note.encode() == data


def test_a_checkpoint_of_another_log_or_of_nobody_is_refused() -> None:
    data = of(10).signed(LOG).encode()

    with pytest.raises(WrongOrigin):
        checkpoint.verified(data, origin="log.example/other", keys=[LOG.verifier])
    with pytest.raises(NoKnownSignature):
        checkpoint.verified(data, origin=LOG.name, keys=[CITY.verifier])
    with pytest.raises(BadSignature):
        checkpoint.verified(data.replace(b"\n10\n", b"\n11\n"), origin=LOG.name, keys=[LOG.verifier])


# Cosignatures.


def test_a_cosignature_verifies_beside_the_logs_own_and_says_when() -> None:
    note = of(10).signed(LOG)

    cosigned = Note.parse(note.with_signatures([cosign(note, CITY, at=NOW)]).encode())

    assert [signed.key for signed in cosigned.verify([LOG.verifier, CITY.verifier])] == [LOG.verifier, CITY.verifier]
    assert cosigned_at(cosigned.signatures[1]) == NOW


def test_a_cosignature_is_over_what_the_specification_says() -> None:
    note = of(10).signed(LOG)

    signature = cosign(note, CITY, at=NOW)

    message = f"cosignature/v1\ntime {NOW}\n{note.text}".encode()
    assert signature.value[:8] == NOW.to_bytes(8, "big")
    assert VerifierKey(CITY.name, CITY.public).verifies(message, signature.value[8:])


def test_a_cosigners_key_is_another_than_the_same_bytes_as_a_logs() -> None:
    assert CITY.key_id != SigningKey(CITY.name, CITY.seed).key_id
    assert CosignerKey.parse(CITY.verifier.vkey) == CITY.verifier
    assert CosigningKey.parse(CITY.skey) == CITY
    with pytest.raises(UnknownKeyType):
        VerifierKey.parse(CITY.verifier.vkey)
    with pytest.raises(UnknownKeyType):
        CosignerKey.parse(LOG.verifier.vkey)


@pytest.mark.parametrize("length", [63, 64, 71, 73])
def test_a_cosignature_of_another_length_is_bad(length: int) -> None:
    signature = Signature(CITY.name, CITY.key_id, bytes(length))

    with pytest.raises(BadSignature):
        of(10).signed(LOG).with_signatures([signature]).verify([CITY.verifier])
    with pytest.raises(MalformedNote):
        cosigned_at(signature)


def test_a_cosignatures_time_can_not_be_changed() -> None:
    note = of(10).signed(LOG)
    value = cosign(note, CITY, at=NOW).value

    for at in (NOW + 1, 2**63):
        later = Signature(CITY.name, CITY.key_id, at.to_bytes(8, "big") + value[8:])
        with pytest.raises(BadSignature):
            note.with_signatures([later]).verify([CITY.verifier])


@pytest.mark.parametrize(("text", "at"), [(of(10).text, 2**63), ("three\nother\nlines\n", NOW), ("a\n1\n", NOW)])
def test_a_true_signature_of_what_no_cosignature_may_say_is_bad(text: str, at: int) -> None:
    signature = SigningKey(CITY.name, CITY.seed).sign(f"cosignature/v1\ntime {at}\n{text}".encode())

    assert not CITY.verifier.verifies(text.encode(), at.to_bytes(8, "big") + signature)


def test_only_a_checkpoint_is_cosigned_and_only_at_a_time() -> None:
    with pytest.raises(MalformedCheckpoint):
        cosign(Note("three\nother\nlines\n"), CITY, at=NOW)
    with pytest.raises(ValueError, match="1970"):
        cosign(of(10).signed(LOG), CITY, at=0)
    with pytest.raises(TypeError):
        Note("any text\n").signed(CITY)


# What a log asks of a witness.


def test_the_specifications_request_is_read_and_written() -> None:
    found = AddCheckpoint.parse(REQUEST)

    assert found.old_size == 20852014
    assert len(found.proof) == 4
    assert found.checkpoint.text == EXAMPLE
    assert found.encode() == REQUEST


def test_a_request_without_a_proof_is_read_and_written() -> None:
    data = AddCheckpoint(old_size=0, proof=(), checkpoint=of(10).signed(LOG)).encode()

    assert data.startswith(b"old 0\n\nlog.example/journal\n10\n")
    assert AddCheckpoint.parse(data).encode() == data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n" + REQUEST,
        REQUEST.replace(b"old ", b"new "),
        REQUEST.replace(b"old ", b"old  "),
        REQUEST.replace(b"old 2", b"old 02"),
        REQUEST.replace(b"old 2", b"old -2"),
        REQUEST.replace(b"old 20852014\n", b""),
        REQUEST.replace(b"kaw=", b"kax="),
        REQUEST.replace(b"kaw=\n", b"kaw=\r\n"),
        REQUEST.replace(b"PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n", b"AAAA\n"),
        REQUEST.replace(b"5+pKlU", b"jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n" * 60 + b"5+pKlU"),
        b"old 1\n" + "٣".encode() + b"\n\n" + of(10).signed(LOG).encode(),
    ],
    ids=lambda data: repr(data[:40]),
)
def test_a_request_that_is_spelled_otherwise_is_refused(data: bytes) -> None:
    with pytest.raises((MalformedRequest, MalformedNote)):
        AddCheckpoint.parse(data)


@given(st.integers(0, 100).flatmap(lambda size: st.tuples(st.integers(0, size), st.just(size))))
def test_a_witness_takes_what_continues_the_last_that_it_took(sizes: tuple[int, int]) -> None:
    old_size, size = sizes

    taken = check(
        AddCheckpoint.parse(request(old_size, size).encode()),
        logs=[LOG.verifier],
        latest=of(old_size) if old_size else None,
    )

    assert taken == of(size)


def test_a_witness_says_why_it_does_not_take_a_checkpoint() -> None:
    forked = of(20, [b"\1" * 32, *LEAVES[1:]]).signed(LOG)
    proof = request(10, 20).proof
    empty = Checkpoint(origin=LOG.name, size=0, root=bytes(32)).signed(LOG)
    of_nobody = of(20).signed(SigningKey(LOG.name, bytes(32)))

    for wrong, latest, fault in (
        (AddCheckpoint(old_size=10, proof=proof, checkpoint=forked), of(10), Inconsistent),
        (AddCheckpoint(old_size=20, proof=(), checkpoint=forked), of(20), Inconsistent),
        (AddCheckpoint(old_size=10, proof=proof[1:], checkpoint=of(20).signed(LOG)), of(10), WrongProofLength),
        (AddCheckpoint(old_size=0, proof=proof, checkpoint=of(20).signed(LOG)), None, WrongProofLength),
        (AddCheckpoint(old_size=0, proof=(), checkpoint=empty), None, Inconsistent),
        (AddCheckpoint(old_size=0, proof=(), checkpoint=of_nobody), None, NoKnownSignature),
        (AddCheckpoint(old_size=21, proof=(), checkpoint=of(20).signed(LOG)), of(21), OldSizeBeyondCheckpoint),
        (request(10, 20), of(15), StaleOldSize),
        (request(10, 20), None, StaleOldSize),
    ):
        with pytest.raises(fault):
            check(wrong, logs=[LOG.verifier], latest=latest)
    with pytest.raises(UnknownLog):
        check(request(10, 20), logs=[CITY.verifier], latest=of(10))
    assert of(0).root == EMPTY_ROOT
