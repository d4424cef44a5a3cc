"""The durable run of a plan.

A *runner* takes jobs from the database, runs each as one durable workflow, and tells how far it is.
A process that only submits and watches (a *client*) never loads the durable engine.
"""

from __future__ import annotations

__all__ = ()
