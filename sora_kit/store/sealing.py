"""A box under a passphrase: for secrets that leave the workspace in a file.

The key is derived with scrypt, which makes each guess cost a tenth of a second and 32 MB, and AES-256-GCM
notices every change. The box is JSON and tells its own parameters; what it tells is limited when it is
opened, because a hostile file could ask for all memory.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os

from sora_kit.errors import InvalidInput

__all__ = ("SHORTEST", "open_box", "seal_box")

SHORTEST = 8
"""Characters that a passphrase must have."""

COST = {"n": 2**15, "r": 8, "p": 1}
DEAREST = 2**18
"""Largest ``n`` that is accepted, 256 MB."""

BOUND = b"sora_kit backup 1"
NONCE = 12
SALT = 16


def seal_box(data: bytes, passphrase: str) -> bytes:
    """Seal bytes.

    Raises:
        InvalidInput: The passphrase is too short.
    """
    if len(passphrase) < SHORTEST:
        raise InvalidInput(
            f"The passphrase is shorter than {SHORTEST} characters",
            why="Whoever has the file may try as many as they like",
            fix="Choose a longer one, for example five random words",
            param="passphrase",
        )
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, nonce = os.urandom(SALT), os.urandom(NONCE)
    box = AESGCM(derived(passphrase, salt, **COST)).encrypt(nonce, data, BOUND)
    told = {"kdf": "scrypt", **COST} | {
        name: base64.b64encode(value).decode()
        for name, value in (("salt", salt), ("nonce", nonce), ("box", box))
    }
    return json.dumps(told).encode()


def open_box(sealed: bytes, passphrase: str) -> bytes:
    """What was sealed.

    Raises:
        InvalidInput: Another passphrase, or the box was changed.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        told = json.loads(sealed)
        n, r, p = int(told["n"]), int(told["r"]), int(told["p"])
        salt, nonce, box = (base64.b64decode(told[name], validate=True) for name in ("salt", "nonce", "box"))
        fits = told["kdf"] == "scrypt" and 2**10 <= n <= DEAREST and n & (n - 1) == 0 and r == 8 and p == 1
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        fits = False
    if not fits or len(nonce) != NONCE:
        raise InvalidInput("The sealed accounts are damaged", fix="Export them again", code="damaged")
    try:
        return AESGCM(derived(passphrase, salt, n=n, r=r, p=p)).decrypt(nonce, box, BOUND)
    except InvalidTag:
        raise InvalidInput(
            "The accounts could not be opened",
            why="The passphrase is another one, or the file was changed",
            fix="Type the passphrase of the export; without it the accounts cannot be read by anybody",
            param="passphrase",
            code="wrong_passphrase",
        ) from None


def derived(passphrase: str, salt: bytes, *, n: int, r: int, p: int) -> bytes:
    """The key."""
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=n, r=r, p=p, maxmem=256 * n * r, dklen=32)
