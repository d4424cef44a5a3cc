"""The pool of accounts: who may do how much at the same time, as leases that expire.

So far it holds the embedded backend's drawing places on this computer; accounts of remote backends
join it with the first of those backends.
"""

from __future__ import annotations

from sora_kit.accounts.pool import Account, Accounts, Lease

__all__ = ("Account", "Accounts", "Lease")
