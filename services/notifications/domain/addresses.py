"""Where a webhook may be sent: to public addresses, by https; anything else would let a partner reach our inside."""

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from shared.errors import FieldError, Invalid

LONGEST_URL = 2_000

_INSIDE_SUFFIXES = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home.arpa", ".arpa", ".onion")
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""NAT64: an IPv4 address in disguise, which the gateway behind may well reach."""


class UnusableUrl(Invalid):
    slug = "unusable-url"

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"This URL can't be called: {problem}. Give the full address of your endpoint, such as "
            "https://hooks.example.com/datacity.",
            errors=[FieldError(pointer="#/url", detail=problem, code="unusable_url")],
        )


class HttpsRequired(Invalid):
    slug = "https-required"

    def __init__(self) -> None:
        super().__init__(
            "Webhooks go to https endpoints only. Give an https URL.",
            errors=[FieldError(pointer="#/url", detail="must begin with https://", code="https_required")],
        )


class AddressNotPublic(Invalid):
    slug = "address-not-public"

    def __init__(self) -> None:
        super().__init__(
            "This host is not on the public internet. Give an endpoint that anyone could reach.",
            errors=[FieldError(pointer="#/url", detail="must be a public address", code="address_not_public")],
        )


def check_url(url: str, *, allow_private: bool) -> SplitResult:
    """What can be said of a URL before its name is resolved. Raises UnusableUrl, HttpsRequired, AddressNotPublic."""
    parts = _split(url)
    if parts.scheme != "https" and not allow_private:
        raise HttpsRequired
    host = (parts.hostname or "").rstrip(".").lower()
    if not allow_private:
        if "." not in host and ":" not in host:
            raise AddressNotPublic
        if host.endswith(_INSIDE_SUFFIXES):
            raise AddressNotPublic
        literal = _literal(host)
        if literal is not None and not is_public(literal):
            raise AddressNotPublic
    return parts


def _split(url: str) -> SplitResult:
    if len(url) > LONGEST_URL:
        raise UnusableUrl(f"it is longer than {LONGEST_URL} characters")
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise UnusableUrl("it holds characters that a URL can't hold; write international names as xn--")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UnusableUrl("it is not a URL") from None
    if parts.scheme not in {"http", "https"}:
        raise UnusableUrl("it must begin with https://")
    if not parts.hostname:
        raise UnusableUrl("it names no host")
    if port == 0:
        raise UnusableUrl("its port is 0")
    if "@" in parts.netloc:
        raise UnusableUrl("it holds a user name or a password")
    if "#" in url:
        raise UnusableUrl("it holds a fragment")
    return parts


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a host spells out, also as `2130706433`, `0x7f.1` or `127.1`, which resolvers accept."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """True for an address of the public internet; false for all that embeds or tunnels to another."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.sixtofour is not None or address.teredo is not None or address in _TRANSLATED:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved and not address.is_unspecified


def public_address(found: Iterable[str], *, allow_private: bool) -> str:
    """The address to connect to, of those that a name resolved to. Raises AddressNotPublic if any is inside."""
    addresses = [ipaddress.ip_address(text.partition("%")[0]) for text in found]
    if not addresses:
        raise AddressNotPublic
    # One inside address among public ones is no accident: a name that changes its mind is how rebinding begins.
    if not allow_private and not all(is_public(address) for address in addresses):
        raise AddressNotPublic
    return str(addresses[0])
