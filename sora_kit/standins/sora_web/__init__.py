"""A server that speaks the wire protocol of the Sora web backend, as the web client reads it.

    from sora_kit.standins.sora_web import SoraWebStandin

    with SoraWebStandin(["a@example.com"], latency=2) as standin:
        client = YourClient(standin.backend_url, standin.accounts["a@example.com"].access_token)

| module | holds |
|---|---|
| `standin` | `SoraWebStandin`: start, stop, faults |
| `app`, `routes`, `gate`, `call` | the endpoints, and what happens to every call |
| `world`, `account`, `work`, `ledger` | the state: accounts, tasks, counts |
| `wishes`, `views`, `refusals` | reading requests, showing things, saying no |
| `faults`, `endpoints` | what can break, and where |
| `files`, `ranges` | media behind signed links |
| `clock`, `tokens`, `ids` | time, JWTs, identifiers |
"""

from __future__ import annotations

from sora_kit.standins.sora_web.account import NewAccount
from sora_kit.standins.sora_web.clock import Clock
from sora_kit.standins.sora_web.endpoints import ENDPOINTS
from sora_kit.standins.sora_web.faults import KINDS, Fault
from sora_kit.standins.sora_web.standin import SoraWebStandin
from sora_kit.standins.sora_web.work import Latency

__all__ = ("ENDPOINTS", "KINDS", "Clock", "Fault", "Latency", "NewAccount", "SoraWebStandin")
