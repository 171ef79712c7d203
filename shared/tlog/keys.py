"""Ed25519 keys with a name, and the line of text that each is handed around as (https://c2sp.org/signed-note).

A key's id is four bytes of a hash over its name, what kind of signature it makes, and the public key: together with the
name it tells which key a signature claims to be of. The kind is a byte: 0x01 signs a note's text, 0x04 cosigns
checkpoints.
"""

from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import ClassVar, NamedTuple, Protocol, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.tlog.encoding import from_base64, to_base64, without_controls
from shared.tlog.fault import Fault, Malformed

KEY_SIZE = 32
"""Bytes of a public key, and of the seed that a private one is made from."""
SIGNATURE_SIZE = 64
_PRIVATE = "PRIVATE+KEY+"


class MalformedKey(Malformed):
    what = "key of a signed note"


class UnknownKeyType(Fault):
    """A key for another kind of signature than is expected there."""

    def __init__(self, *, found: int, expected: int) -> None:
        super().__init__(f"The key makes signatures of type 0x{found:02x}; 0x{expected:02x} is expected here.")
        self.found = found
        self.expected = expected


class Verifier(Protocol):
    """A key by which signatures of notes are known."""

    @property
    def name(self) -> str: ...
    @property
    def key_id(self) -> bytes: ...
    def verifies(self, text: bytes, signature: bytes) -> bool:
        """Whether these bytes, the key id not among them, are this key's signature of the text."""


class Signer(Protocol):
    """A key that signs notes."""

    @property
    def name(self) -> str: ...
    @property
    def key_id(self) -> bytes: ...
    def sign(self, text: bytes) -> bytes:
        """The signature of the text, without the key id."""


def is_key_name(name: str) -> bool:
    """Whether it may stand in a signature's line: neither empty nor with a space or a plus."""
    return bool(name) and "+" not in name and not any(map(str.isspace, name)) and without_controls(name)


def key_id(name: str, *, kind: int, public: bytes) -> bytes:
    return sha256(b"%b\n%c%b" % (name.encode(), kind, public)).digest()[:4]


@dataclass(frozen=True)
class VerifierKey:
    """The public half: checks signatures over a note's text. Raises MalformedKey when made of what can't be one."""

    KIND: ClassVar[int] = 0x01

    name: str
    public: bytes

    def __post_init__(self) -> None:
        _check(self.name, self.public)

    @cached_property
    def key_id(self) -> bytes:
        return key_id(self.name, kind=self.KIND, public=self.public)

    @property
    def vkey(self) -> str:
        """`NAME+ID+KEY`, to be published."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(bytes([self.KIND]) + self.public)}"

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Raises MalformedKey, and UnknownKeyType for a key of another kind."""
        written = _parts(vkey)
        if written.kind != cls.KIND:
            raise UnknownKeyType(found=written.kind, expected=cls.KIND)
        key = cls(written.name, written.material)
        _check_id(key.key_id, written.key_id)
        return key

    def verifies(self, text: bytes, signature: bytes) -> bool:
        try:
            self._public_key.verify(signature, text)
        except InvalidSignature:
            return False
        return True

    @cached_property
    def _public_key(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(self.public)


@dataclass(frozen=True)
class SigningKey:
    """The private half, made from 32 random bytes. Raises MalformedKey when made of what can't be one."""

    KIND: ClassVar[int] = 0x01

    name: str
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _check(self.name, self.seed)

    @classmethod
    def generate(cls, name: str) -> Self:
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @cached_property
    def key_id(self) -> bytes:
        return key_id(self.name, kind=self.KIND, public=self.public)

    @property
    def public(self) -> bytes:
        return self._private_key.public_key().public_bytes_raw()

    @property
    def verifier(self) -> VerifierKey:
        return VerifierKey(self.name, self.public)

    @property
    def skey(self) -> str:
        """`PRIVATE+KEY+NAME+ID+SEED`, to be kept secret; the form of golang.org/x/mod/sumdb/note."""
        return f"{_PRIVATE}{self.name}+{self.key_id.hex()}+{to_base64(bytes([self.KIND]) + self.seed)}"

    @classmethod
    def parse(cls, skey: str) -> Self:
        """Raises MalformedKey, and UnknownKeyType for a key of another kind. No message repeats what was given."""
        if not skey.startswith(_PRIVATE):
            raise MalformedKey(f"a private one begins with {_PRIVATE}")
        written = _parts(skey.removeprefix(_PRIVATE))
        if written.kind != cls.KIND:
            raise UnknownKeyType(found=written.kind, expected=cls.KIND)
        key = cls(written.name, written.material)
        _check_id(key.key_id, written.key_id)
        return key

    def sign(self, text: bytes) -> bytes:
        return self._private_key.sign(text)

    @cached_property
    def _private_key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


class _Written(NamedTuple):
    name: str
    key_id: str
    kind: int
    material: bytes


def _parts(text: str) -> _Written:
    name, first, rest = text.partition("+")
    written_id, second, encoded = rest.partition("+")  # base64 has pluses of its own
    raw = from_base64(encoded)
    if not first or not second or not raw:
        raise MalformedKey("it is not NAME+ID+KEY with a key in base64")
    return _Written(name, written_id, raw[0], raw[1:])


def _check(name: str, material: bytes) -> None:
    if not is_key_name(name):
        raise MalformedKey("its name is empty, or has a space or a plus")
    if len(material) != KEY_SIZE:
        raise MalformedKey(f"an Ed25519 key has {KEY_SIZE} bytes, not {len(material)}")


def _check_id(computed: bytes, written: str) -> None:
    if written != computed.hex():
        raise MalformedKey("its id is not that of its name and key")
