"""The pool of accounts.

Who may do how much at the same time, as leases that expire; who is fit, who
rests and until when; and how they sign in, sealed.

    accounts = studio.accounts
    accounts.add("sora_web", session_token="…")
    accounts.table()

`Accounts` is the pool, `sora_kit.accounts.renewal.Renewal` gets new access tokens, and
`sora_kit.accounts.inspection.inspect` tests accounts.
"""

from __future__ import annotations

from sora_kit.accounts.account import Account, AccountEvent
from sora_kit.accounts.fields import KEEP
from sora_kit.accounts.leasing import LEASE_SECONDS, MODES, Lease
from sora_kit.accounts.pool import Accounts
from sora_kit.accounts.verdict import Verdict

__all__ = ("KEEP", "LEASE_SECONDS", "MODES", "Account", "AccountEvent", "Accounts", "Lease", "Verdict")
