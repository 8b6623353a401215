"""Which network addresses are public: for clients that ask where somebody else said."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

# IPv6 on which an IPv4 address rides. NAT64 is how a machine without IPv4 reaches the rest of the
# world; nobody has a reason to serve through the others any more.
NAT64 = ip_network("64:ff9b::/96")
OTHERS = tuple(IPv6Network(text) for text in ("::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16"))


def is_public(text: str) -> bool:
    """Whether an IP address is one of the open Internet.

    Private, loopback, link-local, shared, reserved, multicast and unspecified ones are not, in
    whichever notation of IPv6 they come; nor is what is no address at all.
    """
    try:
        address = _carried(ip_address(text))
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and (
        address.is_site_local or any(address in network for network in OTHERS)
    ):
        return False
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified
    )


def _carried(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one stands for, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFF_FFFF) if address in NAT64 else address
