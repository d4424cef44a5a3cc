"""The durable run of a plan.

A *runner* takes jobs from the database, runs them, and tells how far they are. What a job of one step
did stands in the journal and the media store, so whoever takes it over goes on there; a job of several
steps is a durable workflow, which records what each of them made. A process that only submits and
watches (a *client*) never loads the durable engine.
"""

from __future__ import annotations

__all__ = ()
