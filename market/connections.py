"""How the HTTP client connects: IPv4 first, to public addresses alone where that is asked, and with
a deadline for the whole answer.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from market.addresses import is_public

IPV4 = socket.AF_INET


class TimedReader(io.RawIOBase):
    """What arrives on a socket until a deadline.

    A socket's own time-out starts anew with each byte, so a slow drip would never end. The deadline
    is what is left of the call's time when the answer's first line is awaited: urllib3 sets that as
    the socket's time-out.
    """

    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        self._sock = sock
        self._raw = raw
        self._deadline = time.monotonic() + (sock.gettimeout() or 0.0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the call's deadline has passed")
        self._sock.settimeout(left)
        return cast("int | None", self._raw.readinto(buffer))

    def close(self) -> None:
        self._raw.close()
        super().close()


class Answer(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(TimedReader(sock, self.fp.detach()))


def connect(
    address: tuple[str, int],
    timeout: float | None,
    options: Sequence[tuple[int, int, int | bytes]],
    public_only: bool = False,
) -> socket.socket:
    """A socket to the first address of a host that answers, IPv4 before IPv6.

    `timeout` in seconds is for all addresses together. With `public_only` the others are left out:
    what is judged is what is connected to, and the name is not looked up again. Raises OSError,
    gaierror among them.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)
    if public_only:
        found = [row for row in found if is_public(str(row[4][0]))]
        if not found:
            raise PrivateAddress("no address of the host is public")
    failure: OSError = OSError("the name has no address")
    for family, kind, protocol, _, target in sorted(found, key=lambda row: row[0] != IPV4):
        sock = socket.socket(family, kind, protocol)
        try:
            for option in options:
                sock.setsockopt(*option)
            sock.settimeout(None if deadline is None else max(deadline - time.monotonic(), 0.01))
            sock.connect(target)
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise failure


class PrivateAddress(OSError):
    """A name leads to addresses inside networks alone."""


class NotPublic(NewConnectionError):
    """The same, as urllib3 passes it on."""


class _Ipv4First:
    """How urllib3's connections open their socket: by `connect`, with urllib3's own errors."""

    public_only = False

    def _new_conn(self) -> socket.socket:
        connection = cast("HTTPConnection", self)
        limit = connection.timeout if isinstance(connection.timeout, int | float) else None
        target = (connection._dns_host, connection.port or connection.default_port)
        try:
            return connect(target, limit, connection.socket_options or (), self.public_only)
        except PrivateAddress as error:
            raise NotPublic(connection, str(error)) from error
        except socket.gaierror as error:
            raise NameResolutionError(connection.host, connection, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(connection, "no connection in time") from error
        except OSError as error:
            raise NewConnectionError(connection, str(error)) from error


class _Connection(_Ipv4First, HTTPConnection):
    response_class = Answer


class _SecureConnection(_Ipv4First, HTTPSConnection):
    response_class = Answer


class _PublicConnection(_Connection):
    public_only = True


class _PublicSecureConnection(_SecureConnection):
    public_only = True


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _PublicPool(HTTPConnectionPool):
    ConnectionCls = _PublicConnection


class _PublicSecurePool(HTTPSConnectionPool):
    ConnectionCls = _PublicSecureConnection


class Adapter(HTTPAdapter):
    """Connections whose answers end at the call's deadline, through a proxy too."""

    pools: Mapping[str, type[HTTPConnectionPool]] = {"http": _Pool, "https": _SecurePool}

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self._time_answers(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        self._time_answers(manager)
        return manager

    def _time_answers(self, manager: PoolManager) -> None:
        manager.pool_classes_by_scheme = dict(self.pools)


class PublicAdapter(Adapter):
    pools = {"http": _PublicPool, "https": _PublicSecurePool}
