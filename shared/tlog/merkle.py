"""The Merkle tree of RFC 6962 and RFC 9162: hashes, and proofs that an entry is in it or that it only grew.

Hashes are 32 bytes. A `Node` is a perfect subtree; only such are ever stored, and any other hash is made of them.
Whoever keeps them far away asks first which ones a proof needs (`inclusion_nodes`, `consistency_nodes`), fetches them,
and then proves.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

from shared.tlog.fault import Fault

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without entries."""

# Different first bytes, so that nobody can pass a node off as a leaf.
_LEAF = b"\x00"
_NODE = b"\x01"


class Node(NamedTuple):
    """The perfect subtree over the entries from `position << level` to, without it, `(position + 1) << level`."""

    level: int
    position: int


HashReader = Callable[[Node], bytes]
"""Gives the hash of a perfect subtree."""


class OutsideTree(Fault):
    """An index or an older size that the tree does not reach."""

    def __init__(self, *, number: int, size: int) -> None:
        super().__init__(f"{number} is outside of a tree of {size} entries.")
        self.number = number
        self.size = size


class WrongProofLength(Fault):
    """A proof between these sizes has exactly so many hashes."""

    def __init__(self, *, given: int, needed: int) -> None:
        super().__init__(f"The proof has {given} hashes where {needed} are needed.")
        self.given = given
        self.needed = needed


class NotIncluded(Fault):
    """The proof leads from this leaf to another root: the entry, its place, the proof or the root is not true."""

    def __init__(self, *, index: int, size: int, root: bytes, reached: bytes) -> None:
        super().__init__(
            f"This is not entry {index} of the tree of {size}: the proof leads to {reached.hex()}, not to {root.hex()}."
        )
        self.index = index
        self.size = size
        self.root = root
        self.reached = reached


class Inconsistent(Fault):
    """The newer tree does not begin with the older one, or the proof is not of these two."""

    def __init__(self, *, old_size: int, old_root: bytes, size: int, root: bytes) -> None:
        super().__init__(
            f"The tree of {size} ({root.hex()}) is not shown to continue the one of {old_size} ({old_root.hex()})."
        )
        self.old_size = old_size
        self.old_root = old_root
        self.size = size
        self.root = root


def leaf_hash(entry: bytes) -> bytes:
    return sha256(_LEAF + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """Some quicker than one by one."""
    hashed, leaf = sha256, _LEAF
    return [hashed(leaf + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(_NODE + left + right).digest()


def parents(row: Sequence[bytes]) -> list[bytes]:
    """The level above a row that begins with a left child; a child without a sibling is left out."""
    hashed, node, children = sha256, _NODE, iter(row)
    return [hashed(node + left + right).digest() for left, right in zip(children, children, strict=False)]


def edge_nodes(size: int) -> list[Node]:
    """The perfect subtrees that make up a tree, largest first: all that is needed for its root, or to go on with it."""
    if size < 0:
        raise OutsideTree(number=size, size=size)
    return _nodes(0, size)


def root_of_edge(hashes: Sequence[bytes]) -> bytes:
    """The root over perfect subtrees given largest first."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


def tree_root(size: int, read: HashReader) -> bytes:
    """In as many hashes as `size` has bits."""
    return root_of_edge([read(node) for node in edge_nodes(size)])


def inclusion_nodes(index: int, size: int) -> list[Node]:
    """What `prove_inclusion` reads. Raises OutsideTree."""
    return [node for begin, end in _siblings(index, size) for node in _nodes(begin, end)]


def prove_inclusion(index: int, size: int, read: HashReader) -> list[bytes]:
    """The hashes from the leaf's sibling to the root's child. Raises OutsideTree."""
    return [_hash_of(begin, end, read) for begin, end in _siblings(index, size)]


def verify_inclusion(leaf: bytes, *, index: int, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """That the entry with this leaf hash is number `index` of the tree.

    Raises OutsideTree, WrongProofLength, NotIncluded.
    """
    siblings = _siblings(index, size)
    _check_length(proof, needed=len(siblings))
    reached = leaf
    for (begin, _), sibling in zip(siblings, proof, strict=True):
        reached = node_hash(reached, sibling) if begin > index else node_hash(sibling, reached)
    if reached != root:
        raise NotIncluded(index=index, size=size, root=root, reached=reached)


def consistency_nodes(old_size: int, size: int) -> list[Node]:
    """What `prove_consistency` reads. Raises OutsideTree."""
    shared, siblings = _growth(old_size, size)
    ranges = [shared, *siblings] if shared is not None else siblings
    return [node for begin, end in ranges for node in _nodes(begin, end)]


def prove_consistency(old_size: int, size: int, read: HashReader) -> list[bytes]:
    """The hashes from which both roots can be computed. Raises OutsideTree."""
    shared, siblings = _growth(old_size, size)
    ranges = [shared, *siblings] if shared is not None else siblings
    return [_hash_of(begin, end, read) for begin, end in ranges]


def verify_consistency(*, old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """That the newer tree begins with all of the older one. Raises OutsideTree, WrongProofLength, Inconsistent."""
    shared, siblings = _growth(old_size, size)
    _check_length(proof, needed=len(siblings) + (shared is not None))
    # Where the older tree is a perfect subtree, its root is known already and the proof leaves it out.
    old = new = old_root if shared is None else proof[0]
    for (begin, _), sibling in zip(siblings, proof[shared is not None :], strict=True):
        if begin >= old_size:
            new = node_hash(new, sibling)
        else:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
    if old_size == 0:
        # Any tree continues the empty one; but that has one root, which is also the new one if it is still empty.
        old, new = EMPTY_ROOT, root if size else EMPTY_ROOT
    if (old, new) != (old_root, root):
        raise Inconsistent(old_size=old_size, old_root=old_root, size=size, root=root)


_Range = tuple[int, int]


def _siblings(index: int, size: int) -> list[_Range]:
    """The ranges beside the way from a leaf up to the root (RFC 6962, section 2.1.1)."""
    if not 0 <= index < size:
        raise OutsideTree(number=index, size=size)
    begin, end = 0, size
    found = []
    while end - begin > 1:
        split = _split(begin, end)
        if index < split:
            found.append((split, end))
            end = split
        else:
            found.append((begin, split))
            begin = split
    return found[::-1]


def _growth(old_size: int, size: int) -> tuple[_Range | None, list[_Range]]:
    """The last subtree of both trees, unless it is all of the older, and what is beside the way from it up to the root.

    It is always a perfect one (RFC 6962, section 2.1.2).
    """
    if not 0 <= old_size <= size:
        raise OutsideTree(number=old_size, size=size)
    begin, end = 0, size
    found: list[_Range] = []
    if old_size == 0:
        return None, found
    while end != old_size:
        split = _split(begin, end)
        if old_size <= split:
            found.append((split, end))
            end = split
        else:
            found.append((begin, split))
            begin = split
    return ((begin, end) if begin else None), found[::-1]


def _split(begin: int, end: int) -> int:
    """After the largest power of two that leaves something."""
    return begin + (1 << (end - begin - 1).bit_length() - 1)


def _nodes(begin: int, end: int) -> list[Node]:
    """The perfect subtrees of a range that a split made, or of a whole tree: largest first."""
    found = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        found.append(Node(level, begin >> level))
        begin += 1 << level
    return found


def _hash_of(begin: int, end: int, read: HashReader) -> bytes:
    return root_of_edge([read(node) for node in _nodes(begin, end)])


def _check_length(proof: Sequence[bytes], *, needed: int) -> None:
    if len(proof) != needed:
        raise WrongProofLength(given=len(proof), needed=needed)
