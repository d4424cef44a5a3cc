"""Which network addresses a stranger's URL may lead to.

A server that fetches what it is told can be told to fetch from itself or from its neighbours: the
router, the database, the cloud's metadata service. Names are no protection, as any name may resolve
to any address. So the name is resolved once, every address is judged here, and the connection then
goes to the very address that was judged (`sora_kit.media.fetch`), never to the name again.

Ways to write an address differently (``http://2130706433/``, ``0x7f.1``) need no rule: they go
through the same resolver and come out as what they are.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket

from sora_kit.errors import FetchRefused

__all__ = ("judged", "resolve")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# IPv6 addresses that carry an IPv4 address inside, which a gateway would unpack for us.
_CARRIERS = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "::/96",  # IPv4-compatible, deprecated; also "::" and "::1"
        "::ffff:0:0/96",  # IPv4-mapped
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64, local use
        "2001::/32",  # Teredo
        "2002::/16",  # 6to4
    )
)

# All of IPv6 that is given out to the public internet. What lies outside (site-local addresses, segment
# routing, whatever comes next) leads somewhere else, and Python's own lists learn of it late.
_GIVEN_OUT = ipaddress.IPv6Network("2000::/3")

# Not told apart by every Python that we run on.
_ODD = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.88.99.0/24",  # 6to4 relays
        "192.0.0.0/24",  # protocol assignments
        "3fff::/20",  # documentation
        "2001::/23",  # protocol assignments
    )
)

# IPv6 made of an IPv4 address for a tunnel inside a site (ISATAP): the last half begins so.
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})

# What "private" means when somebody allows it: their own machine and network. Link-local stays out,
# because clouds keep their credentials there.
_OWN = tuple(
    ipaddress.ip_network(network)
    for network in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
)


async def resolve(host: str, port: int) -> list[str]:
    """Ask the system for the addresses of a name.

    Args:
        host: A name, or an address in any spelling.
        port: Only to please the system call.

    Returns:
        The addresses as text, in the system's order, without duplicates.

    Raises:
        FetchRefused: When there is no such name.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise FetchRefused(
            f"The host {host[:100]} could not be found",
            fix="Check the address, or upload the file instead",
        ) from None
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


def judged(host: str, addresses: list[str], *, allow_private: bool) -> list[str]:
    """Refuse a host if any of its addresses is not on the public internet.

    Args:
        host: For the message.
        addresses: From `resolve`.
        allow_private: Let loopback and private networks pass (``SORA_KIT_ALLOW_PRIVATE_URLS``).

    Returns:
        The addresses, all fit to connect to.

    Raises:
        FetchRefused: When one is not, or there is none.
    """
    if not addresses or not all(_fit(address, allow_private=allow_private) for address in addresses):
        raise FetchRefused(
            f"The address {host[:100]} is not on the public internet",
            why="Private, loopback and reserved addresses are not read on behalf of users",
            fix="Upload the file instead; whoever runs this server can allow private addresses with "
            "SORA_KIT_ALLOW_PRIVATE_URLS",
        )
    return addresses


def _fit(text: str, *, allow_private: bool) -> bool:
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if allow_private and any(address in network for network in _OWN if network.version == address.version):
        return True
    if isinstance(address, ipaddress.IPv6Address) and (
        address not in _GIVEN_OUT
        or any(address in network for network in _CARRIERS)
        or int(address) >> 32 & 0xFFFFFFFF in _ISATAP
    ):
        return False
    if any(address in network for network in _ODD if network.version == address.version):
        return False
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local
    )
