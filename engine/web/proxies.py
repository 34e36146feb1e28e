"""Who is at the other end of a connection, where proxies of ours stand between. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from engine.settings import Network


def client(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """Return the address of the client: the last one of `X-Forwarded-For` that is none of our proxies.

    Only what our own proxies wrote is believed, so that nobody can choose the address by which tries are counted; what
    is no address is not believed either.
    """
    believed = peer
    for said in reversed([part.strip() for part in forwarded.split(",")]):
        if not _is_ours(believed, trusted) or _address(said) is None:
            break
        believed = said
    return str(_address(believed) or believed)


def _is_ours(text: str, trusted: Sequence[Network]) -> bool:
    address = _address(text)
    return address is not None and any(address in network for network in trusted)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Read an address as proxies write it: plain, with a port, in brackets, or IPv4 inside IPv6."""
    plain = text.partition("]")[0].removeprefix("[") if text.startswith("[") else text
    host = plain.partition(":")[0] if plain.count(":") == 1 else plain
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
