"""One request to an address that a user gave: judged, pinned, and without following.

The URL is parsed once; scheme, port and absence of credentials are checked (`read_url`). The name is
resolved once and every address judged (`sora_kit.media.addresses`); the connection goes to the judged
address, with the name only in ``Host`` and in TLS, where the certificate must match it. So a name server
that answers otherwise the second time (DNS rebinding) is never asked a second time. Proxy settings of the
environment do not apply: a proxy would resolve the name again, unjudged.

`sora_kit.media.fetch` reads files through it, `sora_kit.engine.webhooks` posts messages. What is answered
with a redirect is the caller's to judge, as a new address.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import ssl
from collections.abc import AsyncIterator, Mapping

import httpx

from sora_kit.errors import FetchRefused
from sora_kit.media import addresses

__all__ = ("ask", "private_allowed", "read_url")

LONGEST = 8192
"""Characters of a URL."""

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

PATIENCE = httpx.Timeout(30.0, connect=10.0)
"""Seconds for one read, one connection."""

TRIED = 3
"""Addresses of one name that are tried."""

SPOKEN = frozenset({
    1719, 1720, 1723, 2049, 2375, 2376, 2379, 3306, 3389, 3659, 4045, 4190, 5060, 5061, 5432, 5900, 5984,
    6000, 6379, 6443, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 9100, 9200, 9300, 10080, 10250, 11211,
    27017,
})  # fmt: skip
"""Ports of other services, which may act on a request that is none of theirs."""


def private_allowed() -> bool:
    """Whether whoever runs this process lets users' URLs lead to loopback and private addresses."""
    return os.environ.get("SORA_KIT_ALLOW_PRIVATE_URLS", "").lower() in ("1", "true", "yes", "on")


def read_url(text: str, base: httpx.URL | None = None) -> httpx.URL:
    """A URL that may be asked, as far as its letters tell.

    Args:
        text: The URL.
        base: Where it stood, for one that is relative (a redirect).

    Raises:
        FetchRefused: It is none, or may not be asked.
    """
    text = text.strip()
    invalid = FetchRefused("That is not a valid URL", fix="Use an http or https address")
    if len(text) > LONGEST or CONTROL.search(text):
        raise invalid
    try:
        url = httpx.URL(text) if base is None else base.join(text)
    except (httpx.InvalidURL, ValueError):
        raise invalid from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise FetchRefused(
            f"URLs of the kind {url.scheme[:20] or 'that you gave'!r} are not read",
            fix="Use an http, https or data URL, or upload the file",
        )
    if url.userinfo:
        raise FetchRefused(
            "The URL holds a user name or password",
            why="Credentials in URLs end up in logs",
            fix="Use a signed link without credentials, or upload the file",
        )
    port = url.port
    if port is not None and port not in {80, 443} and (not 1024 <= port <= 65535 or port in SPOKEN):
        raise FetchRefused(
            f"Port {port} is not read from",
            why="It belongs to another service" if port in SPOKEN else
            "Ports below 1024 other than 80 and 443 belong to other services",
            fix="Use the usual ports, or upload the file",
        )  # fmt: skip
    return url


@contextlib.asynccontextmanager
async def ask(
    url: httpx.URL,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    content: bytes = b"",
    allow_private: bool = False,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[httpx.Response]:
    """Send one request; the body of the answer is not read yet.

    Args:
        url: From `read_url`.
        method: ``GET`` or ``POST``.
        headers: Besides ``Host`` and ``User-Agent``.
        content: The body.
        allow_private: Also loopback and private addresses.
        tls: Certificates to trust instead of the usual ones.

    Raises:
        FetchRefused: The address may not be asked, or cannot be.
    """
    port = url.port or (443 if url.scheme == "https" else 80)
    name = url.raw_host.decode("ascii")  # the very letters that Host and TLS will say
    found = addresses.judged(name, await addresses.resolve(name, port), allow_private=allow_private)
    # A bare transport, not a client, which would act on `Location` and cookies by itself; and one for
    # each hop: it knows its connections by address, and two names behind one address must not share
    # a connection whose certificate was checked for the other.
    async with httpx.AsyncHTTPTransport(verify=tls or usual_trust(), trust_env=False) as transport:
        try:
            response = await connected(transport, url, found, method, headers or {}, content)
            try:
                yield response
            finally:
                await response.aclose()
        except httpx.HTTPError as error:
            raise FetchRefused(
                f"The address at {url.host[:100]} could not be read",
                why=plain(error),
                fix="Check the address, or upload the file instead",
            ) from error


async def connected(
    transport: httpx.AsyncHTTPTransport,
    url: httpx.URL,
    found: list[str],
    method: str,
    headers: Mapping[str, str],
    content: bytes,
) -> httpx.Response:
    """Ask the judged addresses one after the other until one takes the connection."""
    failure: httpx.HTTPError = httpx.ConnectError("no address")
    for address in found[:TRIED]:
        request = httpx.Request(
            method,
            url.copy_with(host=address.partition("%")[0]),
            headers={"User-Agent": "sora_kit", **headers, "Host": url.netloc.decode("ascii")},
            content=content or None,
            extensions={"sni_hostname": url.raw_host.decode("ascii"), "timeout": PATIENCE.as_dict()},
        )
        try:
            return await transport.handle_async_request(request)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            failure = error
    raise failure


@functools.cache
def usual_trust() -> ssl.SSLContext:
    """The public authorities, or those of ``SSL_CERT_FILE``; reading them takes a tenth of a second."""
    return httpx.create_ssl_context()


def plain(error: httpx.HTTPError) -> str:
    """What went wrong, without what the other side said."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "Its certificate is not valid for that name"
    if isinstance(error, httpx.ConnectTimeout | httpx.ReadTimeout):
        return "It did not answer in time"
    if isinstance(error, httpx.ConnectError):
        return "The connection failed"
    return "The answer broke off"
