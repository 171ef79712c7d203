"""The Merkle tree: the hashes that everyone else computes, and proofs of which no other can be made."""

from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.tlog import merkle
from shared.tlog.merkle import EMPTY_ROOT, Inconsistent, Node, NotIncluded, OutsideTree, WrongProofLength

LARGEST = 300

# The entries on which Certificate Transparency's implementations are tried, and the roots of their first N.
KNOWN_ENTRIES = [
    bytes.fromhex(entry)
    for entry in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
KNOWN_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
KNOWN_INCLUSIONS = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
KNOWN_CONSISTENCIES = {
    (1, 1): [],
    (1, 8): KNOWN_INCLUSIONS[0, 8],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}

LEAVES = merkle.leaf_hashes(b"entry %d" % nth for nth in range(LARGEST))

SIZES = st.integers(1, LARGEST)
INSIDE = SIZES.flatmap(lambda size: st.tuples(st.integers(0, size - 1), st.just(size)))
GROWTHS = SIZES.flatmap(lambda size: st.tuples(st.integers(1, size), st.just(size)))


def root_as_defined(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + root_as_defined(leaves[:split]) + root_as_defined(leaves[split:])).digest()


@cache
def stored(node: Node) -> bytes:
    """A perfect subtree of the tree of `LEAVES`."""
    return root_as_defined(LEAVES[node.position << node.level : (node.position + 1) << node.level])


@cache
def root(size: int) -> bytes:
    return merkle.tree_root(size, stored)


def known(node: Node) -> bytes:
    leaves = merkle.leaf_hashes(KNOWN_ENTRIES)
    return root_as_defined(leaves[node.position << node.level : (node.position + 1) << node.level])


def flipped(proof: list[bytes]) -> list[list[bytes]]:
    """The proof with one bit changed, in each of its hashes."""
    return [[*proof[:nth], bytes([each[0] ^ 1]) + each[1:], *proof[nth + 1 :]] for nth, each in enumerate(proof)]


@pytest.mark.parametrize(("size", "expected"), [*enumerate(KNOWN_ROOTS)])
def test_a_root_is_the_one_that_everyone_computes(size: int, expected: str) -> None:
    assert merkle.tree_root(size, known).hex() == expected


@pytest.mark.parametrize("size", [*range(70), 127, 128, 129, 255, 256, 257, LARGEST])
def test_a_root_is_as_the_rfc_defines_it(size: int) -> None:
    assert root(size) == root_as_defined(LEAVES[:size])


@pytest.mark.parametrize(("index", "size"), KNOWN_INCLUSIONS)
def test_an_inclusion_proof_is_the_one_that_everyone_computes(index: int, size: int) -> None:
    assert [each.hex() for each in merkle.prove_inclusion(index, size, known)] == KNOWN_INCLUSIONS[index, size]


@pytest.mark.parametrize(("old_size", "size"), KNOWN_CONSISTENCIES)
def test_a_consistency_proof_is_the_one_that_everyone_computes(old_size: int, size: int) -> None:
    assert [each.hex() for each in merkle.prove_consistency(old_size, size, known)] == KNOWN_CONSISTENCIES[
        old_size, size
    ]


def test_every_entry_of_every_tree_can_be_proven() -> None:
    for size in range(LARGEST + 1):
        for index in range(size):
            proof = merkle.prove_inclusion(index, size, stored)
            merkle.verify_inclusion(LEAVES[index], index=index, size=size, root=root(size), proof=proof)


def test_every_tree_can_be_proven_to_continue_every_smaller_one() -> None:
    for size in range(LARGEST + 1):
        for old_size in range(size + 1):
            proof = merkle.prove_consistency(old_size, size, stored)
            merkle.verify_consistency(
                old_size=old_size, old_root=root(old_size), size=size, root=root(size), proof=proof
            )


def test_no_proof_is_longer_than_the_tree_is_high() -> None:
    assert len(merkle.prove_inclusion(0, 2**63 - 1, lambda _: bytes(32))) == 63
    assert len(merkle.prove_consistency(3, 2**62, lambda _: bytes(32))) == 63


@given(INSIDE)
def test_a_proof_reads_just_the_nodes_that_were_announced(place: tuple[int, int]) -> None:
    index, size = place
    read: list[Node] = []

    def noting(node: Node) -> bytes:
        read.append(node)
        return stored(node)

    merkle.prove_inclusion(index, size, noting)
    assert sorted(read) == sorted(merkle.inclusion_nodes(index, size))

    read.clear()
    merkle.prove_consistency(index, size, noting)
    assert sorted(read) == sorted(merkle.consistency_nodes(index, size))


@given(INSIDE)
def test_a_tampered_inclusion_proof_is_refused(place: tuple[int, int]) -> None:
    index, size = place
    proof = merkle.prove_inclusion(index, size, stored)

    for other in flipped(proof):
        with pytest.raises(NotIncluded):
            merkle.verify_inclusion(LEAVES[index], index=index, size=size, root=root(size), proof=other)
    for other in ([*proof, LEAVES[0]], proof[1:], proof[:-1]):
        if len(other) != len(proof):
            with pytest.raises(WrongProofLength):
                merkle.verify_inclusion(LEAVES[index], index=index, size=size, root=root(size), proof=other)


@given(INSIDE, st.integers(0, LARGEST - 1), SIZES)
def test_a_proof_is_of_one_entry_at_one_place_in_one_tree(place: tuple[int, int], other: int, other_size: int) -> None:
    index, size = place
    proof = merkle.prove_inclusion(index, size, stored)
    refused = (NotIncluded, WrongProofLength, OutsideTree)

    if other != index:
        with pytest.raises(refused):
            merkle.verify_inclusion(LEAVES[other], index=index, size=size, root=root(size), proof=proof)
        with pytest.raises(refused):
            merkle.verify_inclusion(LEAVES[index], index=other, size=size, root=root(size), proof=proof)
    if other_size != size:
        with pytest.raises(refused):
            merkle.verify_inclusion(LEAVES[index], index=index, size=size, root=root(other_size), proof=proof)


@given(GROWTHS)
def test_a_tampered_consistency_proof_is_refused(growth: tuple[int, int]) -> None:
    old_size, size = growth
    proof = merkle.prove_consistency(old_size, size, stored)

    def verify(**changed: object) -> None:
        given_ = {"old_size": old_size, "old_root": root(old_size), "size": size, "root": root(size), "proof": proof}
        merkle.verify_consistency(**(given_ | changed))  # type: ignore[arg-type]

    for other in flipped(proof):
        with pytest.raises(Inconsistent):
            verify(proof=other)
    for other in ([*proof, LEAVES[0]], proof[:-1]):
        if len(other) != len(proof):
            with pytest.raises(WrongProofLength):
                verify(proof=other)
    with pytest.raises(Inconsistent):
        verify(old_root=LEAVES[299])
    with pytest.raises(Inconsistent):
        verify(root=LEAVES[299])


def test_an_edited_entry_forks_the_tree() -> None:
    edited = [*LEAVES[:7], merkle.leaf_hash(b"edited"), *LEAVES[8:20]]
    proof = merkle.prove_consistency(
        10, 20, lambda node: root_as_defined(edited[node.position << node.level : (node.position + 1) << node.level])
    )

    with pytest.raises(Inconsistent):
        merkle.verify_consistency(old_size=10, old_root=root(10), size=20, root=root_as_defined(edited), proof=proof)


def test_trees_of_one_size_and_two_roots_are_a_fork() -> None:
    with pytest.raises(Inconsistent):
        merkle.verify_consistency(old_size=5, old_root=root(5), size=5, root=root(6), proof=[])


def test_the_empty_tree_has_one_root() -> None:
    merkle.verify_consistency(old_size=0, old_root=EMPTY_ROOT, size=5, root=root(5), proof=[])

    with pytest.raises(Inconsistent):
        merkle.verify_consistency(old_size=0, old_root=root(1), size=5, root=root(5), proof=[])
    with pytest.raises(Inconsistent):
        merkle.verify_consistency(old_size=0, old_root=root(1), size=0, root=root(1), proof=[])
    with pytest.raises(WrongProofLength):
        merkle.verify_consistency(old_size=0, old_root=EMPTY_ROOT, size=5, root=root(5), proof=[root(5)])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5), (6, 5)])
def test_nothing_is_proven_outside_of_the_tree(index: int, size: int) -> None:
    with pytest.raises(OutsideTree):
        merkle.prove_inclusion(index, size, stored)
    with pytest.raises(OutsideTree):
        merkle.verify_inclusion(LEAVES[0], index=index, size=size, root=root(size), proof=[])


@pytest.mark.parametrize(("old_size", "size"), [(6, 5), (-1, 5)])
def test_a_tree_does_not_continue_a_larger_one(old_size: int, size: int) -> None:
    with pytest.raises(OutsideTree):
        merkle.prove_consistency(old_size, size, stored)
    with pytest.raises(OutsideTree):
        merkle.verify_consistency(old_size=old_size, old_root=root(5), size=size, root=root(5), proof=[])


def test_a_node_is_never_taken_for_a_leaf() -> None:
    left, right = LEAVES[:2]

    assert merkle.leaf_hash(left + right) != merkle.node_hash(left, right)
