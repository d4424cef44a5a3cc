"""Import and export, in the form that other gateways use.

The file is a JSON list of objects with ``email``, ``access_token``, ``session_token``, ``refresh_token``,
``client_id``, ``proxy_url``, ``remark``, ``is_active``, ``image_enabled``, ``video_enabled``,
``image_concurrency`` and ``video_concurrency`` (0 and -1: no limit); or a plain text with one token a
line. Every row is a transaction of its own with a result of its own: a bad one stops nothing, and what
was imported before an interruption is there and is found again the next time.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sora_kit.accounts.account import SECRETS
from sora_kit.accounts.claims import Claims, read_claims
from sora_kit.accounts.editing import Editing
from sora_kit.errors import InvalidInput, NotFound

__all__ = ("IMPORT_MODES", "Exchange", "ImportResult")

IMPORT_MODES = {
    "offline": "",
    "at": "access_token",
    "st": "session_token",
    "rt": "refresh_token",
}
"""What each mode asks of a row."""

NAMES = {
    "token": "access_token", "at": "access_token", "st": "session_token", "rt": "refresh_token",
    "proxy_url": "proxy", "is_active": "enabled", "image_concurrency": "image_cap",
    "video_concurrency": "video_cap",
}  # fmt: skip
"""Other people's names of our fields."""

FIELDS = frozenset(
    (
        *SECRETS, "email", "label", "remark", "client_id", "redirect_uri", "device_id", "write_headers",
        "proxy", "enabled", "image_enabled", "video_enabled", "image_cap", "video_cap",
    )
)  # fmt: skip
SWITCHES = ("enabled", "image_enabled", "video_enabled")
WORDS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}

JWE_PARTS = 5
"""Session tokens are encrypted JWTs, which have five parts."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of one row."""

    row: int
    """Its number, from 1; in a text the number of its line."""

    outcome: Literal["added", "updated", "failed"]
    account: str = ""
    """Id of the account."""

    label: str = ""
    why: str = ""
    """Why it failed and what to do, without secrets."""


class Exchange(Editing):
    """Import and export; part of `sora_kit.accounts.Accounts`."""

    def import_accounts(
        self, source: str | Collection[Mapping[str, Any]], *, mode: str = "", backend: str = "sora_web",
        **defaults: Any,
    ) -> list[ImportResult]:  # fmt: skip
        """Add accounts, and update those that are there already. Nothing is asked of the backend.

        Args:
            source: Text of a file (JSON, or one token a line), or rows.
            mode: ``offline`` takes rows as they are; ``at``, ``st`` and ``rt`` say that each row has an
                access, session or refresh token, which is also what the lines of a plain text are then.
                Empty is ``offline``, and tells the kind of each line by its form.
            backend: Name of the backend, for rows that name none.
            **defaults: Fields of `Accounts.add` for rows that do not have them.

        Returns:
            One result for each row.

        Raises:
            InvalidInput: The text as a whole is not understood; nothing was changed.
            SecretsLocked: The key of the workspace is not here.
        """
        if mode and mode not in IMPORT_MODES:
            raise InvalidInput(
                f"There is no import mode {mode!r}", fix=f"Use one of {', '.join(IMPORT_MODES)}", param="mode"
            )
        rows = read_rows(source, mode)
        return [self.import_row(number, row, mode, backend, defaults) for number, row in rows]

    def import_row(
        self, number: int, row: Any, mode: str, backend: str, defaults: Mapping[str, Any]
    ) -> ImportResult:
        """Add or update the account of one row."""
        try:
            fields = dict(defaults) | fields_of(row)
            must_have(fields, IMPORT_MODES.get(mode, ""))
            one, new = self.add_or_update(str(row.get("backend") or backend), fields)
        except (InvalidInput, NotFound) as error:
            label = row.get("email") if isinstance(row, Mapping) else ""
            return ImportResult(number, "failed", label=str(label or "")[:80], why=str(error))
        return ImportResult(number, "added" if new else "updated", one.id, one.label)

    def export_accounts(
        self, ids: Collection[str] | None = None, *, secrets: bool = False
    ) -> list[dict[str, Any]]:
        """Accounts as rows that `import_accounts` reads again.

        Args:
            ids: Only these; all if not given.
            secrets: Whether tokens, proxies and headers are written out instead of masked.

        Raises:
            SecretsLocked: Secrets are wanted and the key of the workspace is not here.
        """
        chosen = [one for one in self.list() if not one.id.startswith("local-")]
        if ids is not None:
            chosen = [one for one in chosen if one.id in set(ids)]
        rows = []
        for one in chosen:
            row: dict[str, Any] = {
                "backend": one.backend,
                "label": one.label,
                "email": one.email,
                **{name: getattr(one, name) or None for name in SECRETS},
                "client_id": one.client_id or None,
                "proxy_url": one.proxy or None,
                "remark": one.remark,
                "is_active": one.enabled,
                "image_enabled": one.image_enabled,
                "video_enabled": one.video_enabled,
                "image_concurrency": one.image_cap,
                "video_concurrency": one.video_cap,
            }
            row |= {name: getattr(one, name) for name in ("redirect_uri", "device_id") if getattr(one, name)}
            if secrets:
                private = self.private(one.id)
                row |= {name: private.get(name) for name in SECRETS}
                row["proxy_url"] = private.get("proxy")
                if headers := private.get("write_headers"):
                    row["write_headers"] = headers
            rows.append(row)
        return rows


def read_rows(source: str | Collection[Mapping[str, Any]], mode: str) -> list[tuple[int, Any]]:
    """The rows of a file, numbered."""
    if not isinstance(source, str):
        return list(enumerate(source, 1))
    text = source.lstrip("\ufeff").strip()
    if text[:1] in ("[", "{"):
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            where = (
                f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "it is nested too deep"
            )
            raise InvalidInput(
                "The file is not valid JSON", why=f"Look at {where}", fix="Correct it; nothing was imported"
            ) from None
        if isinstance(data, dict) and "refresh_tokens" in data:
            data, mode = data["refresh_tokens"], "rt"
        elif isinstance(data, dict):
            data = data.get("tokens", [data])
        if not isinstance(data, list):
            raise InvalidInput("The file holds no list of accounts", fix="Write a list of objects")
        rows = [{kind_of_token(row, mode): row} if isinstance(row, str) else row for row in data]
        return list(enumerate(rows, 1))
    lines = [(n, line.strip()) for n, line in enumerate(text.splitlines(), 1)]
    return [(n, {kind_of_token(line, mode): line}) for n, line in lines if line and not line.startswith("#")]


def must_have(fields: Mapping[str, Any], name: str) -> None:
    """Check that a row has what its mode asks of it."""
    if name and not fields.get(name):
        raise InvalidInput(f"The row has no {name.replace('_', ' ')}", fix="Add it, or use another mode")


def kind_of_token(text: str, mode: str) -> str:
    """The field that a bare token belongs in."""
    if given := IMPORT_MODES.get(mode):
        return given
    if read_claims(text) != Claims():
        return "access_token"
    if text.count(".") == JWE_PARTS - 1 and text.startswith("eyJ"):
        return "session_token"
    return "refresh_token" if text.startswith(("rt_", "rt.", "v1.")) else "unknown"


def fields_of(row: Any) -> dict[str, Any]:
    """The fields of `Accounts.add` in a row; what is null or unknown is left out."""
    if not isinstance(row, Mapping):
        raise InvalidInput("The row is no object", fix='Write {"email": …, "access_token": …}')
    if "unknown" in row:
        raise InvalidInput("It cannot be told what kind of token this is", fix="Give the mode: at, st or rt")
    fields = {}
    for name, value in row.items():
        ours = NAMES.get(name, name)
        if value is None or ours not in FIELDS:
            continue
        if ours in SWITCHES and isinstance(value, str):
            if value.strip().lower() not in WORDS:
                raise InvalidInput(f"{name} is neither true nor false", fix="Write true or false", param=name)
            value = WORDS[value.strip().lower()]  # noqa: PLW2901 (read, not kept)
        fields[ours] = value
    return fields
