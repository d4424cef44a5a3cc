"""From a wish to steps: what will be asked of whom, how long it takes, what it costs.

Every request is planned before anything runs, and the plan can be looked at first.
"""

from __future__ import annotations

from sora_kit.planning.known import Origin, Role, Take
from sora_kit.planning.plan import SOURCE, TAKE, Estimate, Plan, Step

__all__ = ("SOURCE", "TAKE", "Estimate", "Origin", "Plan", "Role", "Step", "Take")
