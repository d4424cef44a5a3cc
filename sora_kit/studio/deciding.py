"""Deciding for jobs that wait for a person."""

from __future__ import annotations

from sora_kit.store.journal import Journal
from sora_kit.studio.looking import Looking

__all__ = ("Deciding",)


class Deciding(Looking):
    """The part of a studio that answers jobs in the state ``needs_you``."""

    def resume(self, job_id: str, *, again: bool = False) -> bool:
        """Go on with a job that waits for a decision.

        Args:
            job_id: The job.
            again: False asks the backend once more what became of the order, or waits on for its end.
                True gives that order up and makes it anew, which may buy it twice.

        Returns:
            False when it does not wait for one (any more).

        Raises:
            NotFound: No such job here.
        """
        record = self.record(job_id)
        if record.state != "needs_you":
            return False
        if again:
            Journal(self.workspace.database).give_up(job_id)
        reopened = self.jobs_table.reopen(job_id, self.accounts.clock())
        self.loop.loop.call_soon_threadsafe(self.tell_reopened, job_id)
        return reopened

    def tell_reopened(self, job_id: str) -> None:
        """Tell followers and our runner."""
        record = self.jobs_table.get(job_id)
        self.hub.publish(record)
        if self.part.runner is not None:
            self.part.runner.new_job(record)
