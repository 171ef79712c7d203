"""A proof that is kept is checked offline, in one call, against keys and witnesses that the reader trusts."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.tlog import merkle, proof_file
from shared.tlog.checkpoint import Checkpoint, UnknownLog
from shared.tlog.cosignature import CosigningKey, cosign
from shared.tlog.fault import Fault
from shared.tlog.growing import Edge, grow
from shared.tlog.keys import SigningKey
from shared.tlog.merkle import NotIncluded, OutsideTree, WrongProofLength
from shared.tlog.note import BadSignature, MalformedNote, NoKnownSignature, Note
from shared.tlog.policy import Quorum, TooFewWitnesses, UnfitPolicy
from shared.tlog.proof_file import MalformedProof, Proof

LOG = SigningKey("log.example/journal", bytes(range(32)))
CITY, PARTNER, UNIVERSITY = (
    CosigningKey(f"{name}.example/witness", bytes([nth]) * 32) for nth, name in enumerate(("city", "partner", "uni"))
)
NOW = 1_795_600_000

LEAVES = merkle.leaf_hashes(b"entry %d" % nth for nth in range(100))
PROOF = Proof(
    index=42,
    hashes=tuple(
        merkle.prove_inclusion(
            42,
            100,
            lambda node: grow(Edge(), LEAVES[node.position << node.level : (node.position + 1) << node.level])[0].root,
        )
    ),
    checkpoint=Checkpoint(origin=LOG.name, size=100, root=grow(Edge(), LEAVES)[0].root).signed(LOG),
)


def cosigned(*keys: CosigningKey, at: int = NOW) -> Proof:
    signatures = [cosign(PROOF.checkpoint, key, at=at) for key in keys]
    return replace(PROOF, checkpoint=PROOF.checkpoint.with_signatures(signatures))


def test_a_proof_is_written_and_read_as_the_specification_says() -> None:
    data = replace(PROOF, extra=b"context").encode()

    head, _, note = data.decode().partition("\n\n")
    assert head.split("\n")[:3] == ["c2sp.org/tlog-proof@v1", "extra Y29udGV4dA==", "index 42"]
    assert len(head.split("\n")) == 3 + len(PROOF.hashes)
    assert note == PROOF.checkpoint.encode().decode()
    assert Proof.parse(data) == replace(PROOF, extra=b"context")


def test_a_proof_without_extra_data_has_no_such_line() -> None:
    assert b"extra" not in PROOF.encode()
    assert Proof.parse(PROOF.encode()) == PROOF


def test_the_only_entry_of_a_log_has_a_proof_without_hashes() -> None:
    checkpoint = Checkpoint(origin=LOG.name, size=1, root=LEAVES[0]).signed(LOG)

    alone = Proof.parse(Proof(index=0, hashes=(), checkpoint=checkpoint).encode())

    assert proof_file.verify(alone, LEAVES[0], logs=[LOG.verifier]).index == 0


def test_a_proof_verifies_in_one_call() -> None:
    proven = proof_file.verify(Proof.parse(PROOF.encode()), LEAVES[42], logs=[LOG.verifier])

    assert (proven.index, proven.checkpoint.size, proven.witnessed) == (42, 100, {})
    assert proven.signed[0].key == LOG.verifier


def test_a_proof_of_something_else_is_refused() -> None:
    for wrong, leaf, fault in (
        (PROOF, LEAVES[43], NotIncluded),
        (replace(PROOF, index=43), LEAVES[42], NotIncluded),
        (replace(PROOF, index=100), LEAVES[42], OutsideTree),
        (replace(PROOF, hashes=PROOF.hashes[1:]), LEAVES[42], WrongProofLength),
        (replace(PROOF, hashes=PROOF.hashes[::-1]), LEAVES[42], NotIncluded),
    ):
        with pytest.raises(fault):
            proof_file.verify(wrong, leaf, logs=[LOG.verifier])


def test_a_proof_from_a_log_that_is_not_trusted_is_refused() -> None:
    other = SigningKey("log.example/other", LOG.seed)
    posing = SigningKey(LOG.name, bytes(32))
    by_a_witness = replace(PROOF, checkpoint=cosigned(CITY).checkpoint)
    by_a_witness = replace(PROOF, checkpoint=Note(by_a_witness.checkpoint.text, by_a_witness.checkpoint.signatures[1:]))

    with pytest.raises(UnknownLog):
        proof_file.verify(PROOF, LEAVES[42], logs=[other.verifier])
    with pytest.raises(NoKnownSignature):
        proof_file.verify(PROOF, LEAVES[42], logs=[posing.verifier])
    with pytest.raises(NoKnownSignature):
        proof_file.verify(by_a_witness, LEAVES[42], logs=[LOG.verifier], witnesses=Quorum(1, (CITY.verifier,)))


@given(st.data())
def test_no_byte_of_a_proof_can_be_changed(data: st.DataObject) -> None:
    whole = PROOF.encode()
    at = data.draw(st.integers(0, len(whole) - 1))
    change = data.draw(st.integers(0, 255).filter(lambda other: other != whole[at]))

    with pytest.raises(Fault):
        proof_file.verify(Proof.parse(whole[:at] + bytes([change]) + whole[at + 1 :]), LEAVES[42], logs=[LOG.verifier])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"c2sp.org/tlog-proof@v1\n", b""),
        (b"proof@v1", b"proof@v2"),
        (b"index 42\n", b""),
        (b"index 42", b"index 042"),
        (b"index 42", b"index  42"),
        (b"index 42", b"Index 42"),
        (b"index 42\n", b"index 42\nindex 42\n"),
        (b"index 42\n", b"index 42\nextra AAAA\n"),
        (b"index 42\n", b"extra \nindex 42\n"),
        (b"index 42\n", b"extra AAA\nindex 42\n"),
        (b"index 42\n", b"extra AAAA\nextra AAAA\nindex 42\n"),
        (b"index 42\n", b"index 42\n" + 60 * b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"),
        (b"index 42\n", b"index 42\nAAAA\n"),
        (b"index 42\n", b"index 42\r\n"),
        (b"\n\nlog", b"\nlog"),
        (b"\n\nlog", b"\n\n\nlog"),
    ],
    ids=repr,
)
def test_a_proof_that_is_spelled_otherwise_is_refused(old: bytes, new: bytes) -> None:
    data = PROOF.encode().replace(old, new)
    assert data != PROOF.encode()

    with pytest.raises((MalformedProof, MalformedNote, Fault)):
        proof_file.verify(Proof.parse(data), LEAVES[42], logs=[LOG.verifier])


def test_a_proof_of_any_size_is_not_read() -> None:
    with pytest.raises(MalformedProof):
        Proof.parse(bytes(2_000_000))


# Witnesses.


def test_as_many_witnesses_as_the_policy_says_must_have_cosigned() -> None:
    two_of_three = Quorum(2, (CITY.verifier, PARTNER.verifier, UNIVERSITY.verifier))

    proven = proof_file.verify(cosigned(CITY, UNIVERSITY), LEAVES[42], logs=[LOG.verifier], witnesses=two_of_three)

    assert proven.witnessed == {CITY.verifier: NOW, UNIVERSITY.verifier: NOW}
    for too_few in (PROOF, cosigned(CITY)):
        with pytest.raises(TooFewWitnesses):
            proof_file.verify(too_few, LEAVES[42], logs=[LOG.verifier], witnesses=two_of_three)


def test_a_witness_that_cosigned_twice_counts_once() -> None:
    both = Quorum(2, (CITY.verifier, PARTNER.verifier))
    note = cosigned(CITY).checkpoint
    twice = replace(PROOF, checkpoint=Note(note.text, (*note.signatures, cosign(note, CITY, at=NOW + 60))))

    with pytest.raises(TooFewWitnesses):
        proof_file.verify(twice, LEAVES[42], logs=[LOG.verifier], witnesses=both)

    proven = proof_file.verify(twice, LEAVES[42], logs=[LOG.verifier], witnesses=Quorum(1, (CITY.verifier,)))
    assert proven.witnessed == {CITY.verifier: NOW + 60}


def test_a_forged_cosignature_spoils_the_proof() -> None:
    posing = CosigningKey(CITY.name, bytes([9]) * 32)
    forged = replace(cosign(PROOF.checkpoint, posing, at=NOW), key_id=CITY.key_id)
    proof = replace(PROOF, checkpoint=PROOF.checkpoint.with_signatures([forged]))

    with pytest.raises(BadSignature):
        proof_file.verify(proof, LEAVES[42], logs=[LOG.verifier], witnesses=Quorum(0, (CITY.verifier,)))


def test_a_policy_may_ask_for_groups() -> None:
    policy = Quorum(2, (CITY.verifier, Quorum(1, (PARTNER.verifier, UNIVERSITY.verifier))))

    for enough in ((CITY, PARTNER), (CITY, UNIVERSITY), (CITY, PARTNER, UNIVERSITY)):
        assert policy.met_by([key.verifier for key in enough])
    for too_few in ((), (CITY,), (PARTNER, UNIVERSITY)):
        assert not policy.met_by([key.verifier for key in too_few])


def test_a_policy_that_nobody_could_meet_or_one_could_meet_twice_is_refused() -> None:
    renamed = CosigningKey("other.example/witness", CITY.seed).verifier

    for needed, members in (
        (1, ()),
        (3, (CITY.verifier, PARTNER.verifier)),
        (-1, ()),
        (1, (CITY.verifier, renamed)),
        (1, (CITY.verifier, Quorum(1, (CITY.verifier,)))),
    ):
        with pytest.raises(UnfitPolicy):
            Quorum(needed, members)
