"""The exceptions of sora_kit, as one readable tree.

Every error carries three short texts, because "failed" helps nobody: ``what`` happened, ``why``,
and how to ``fix`` it. The faces only choose a form: a card in a notebook, one line in a terminal,
an OpenAI error envelope over HTTP. ``code`` is a stable word for programs and ``param`` names the
offending field, both as in OpenAI's envelope.

    SoraKitError
    ├── InvalidInput            the caller's request cannot be honoured as it stands
    │   ├── UnknownModel, UnknownStyle, BadStoryboard, BadPrompt, BadMedia
    │   └── FetchRefused        a user's URL that may not or cannot be read
    ├── NotFound                a job, clip or key that this workspace does not hold
    ├── NotAllowed              an API key that may not do this
    ├── LimitReached            an API key that has used up what it may, for now
    ├── WorkspaceError          the workspace itself
    │   ├── WorkspaceTooNew, WorkspaceFull, WorkspaceUnreadable
    │   │   └── WorkspaceUnreachable    for the moment; it may pass by itself
    │   └── StudioClosed        the studio is not open any more
    ├── ServerError             the API server (a busy port, no address)
    ├── MissingDependency       an optional part that is not installed
    ├── JobFailed, JobCancelled, JobNeedsYou     how a job ended, for those who await it
    └── sora_kit.backends.base.BackendError      what a backend answered; its own typed tree
"""

from __future__ import annotations

__all__ = (
    "BadMedia",
    "BadPrompt",
    "BadStoryboard",
    "FetchRefused",
    "InvalidInput",
    "JobCancelled",
    "JobFailed",
    "JobNeedsYou",
    "LimitReached",
    "MissingDependency",
    "NotAllowed",
    "NotFound",
    "ServerError",
    "SoraKitError",
    "StudioClosed",
    "UnknownModel",
    "UnknownStyle",
    "WorkspaceError",
    "WorkspaceFull",
    "WorkspaceTooNew",
    "WorkspaceUnreachable",
    "WorkspaceUnreadable",
)


class SoraKitError(Exception):
    """Base of all errors of sora_kit.

    Args:
        what: What happened, one plain sentence without a final full stop.
        why: The reason, where it is not obvious from ``what``.
        fix: What the reader can do now.
        param: The offending field of the request, in the caller's words.
        code: A stable machine-readable word; defaults to the class's own.
    """

    code: str = "sora_kit_error"

    def __init__(
        self,
        what: str,
        *,
        why: str = "",
        fix: str = "",
        param: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix
        self.param = param
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return " ".join(f"{part.rstrip('.')}." for part in (self.what, self.why, self.fix) if part)


class InvalidInput(SoraKitError):
    """The request cannot be honoured as it stands; nothing was started."""

    code = "invalid_value"


class UnknownModel(InvalidInput):
    """No model of that name; ``fix`` holds the nearest ones."""

    code = "model_not_found"


class UnknownStyle(InvalidInput):
    """No style of that name; ``fix`` holds the nearest one."""

    code = "unknown_style"


class BadStoryboard(InvalidInput):
    """A storyboard whose shots are malformed or do not fit the length."""

    code = "invalid_storyboard"


class BadPrompt(InvalidInput):
    """A prompt that is empty or too long."""

    code = "invalid_prompt"


class BadMedia(InvalidInput):
    """An image or video that is not what it claims, is damaged, or is over the limits."""

    code = "invalid_media"


class FetchRefused(InvalidInput):
    """A URL given by a user that may not be read (private address) or could not be."""

    code = "url_refused"


class NotFound(SoraKitError):
    """This workspace holds no such thing."""

    code = "not_found"


class NotAllowed(SoraKitError):
    """An API key may not do this, now or later; nothing was started."""

    code = "insufficient_permissions"


class LimitReached(SoraKitError):
    """An API key has used up what it may for now; nothing was started.

    Args:
        what: As for every error.
        retry_after: Seconds until it may try again, None if that is not known.
        **texts: As for every error.
    """

    code = "rate_limit_exceeded"

    def __init__(self, what: str, *, retry_after: float | None = None, **texts: str) -> None:
        super().__init__(what, **texts)
        self.retry_after = retry_after


class WorkspaceError(SoraKitError):
    """The workspace cannot be opened or written."""

    code = "workspace_error"


class WorkspaceTooNew(WorkspaceError):
    """The workspace was written by a newer sora_kit; it was left as it is."""

    code = "workspace_too_new"


class WorkspaceFull(WorkspaceError):
    """No space left where the workspace lies."""

    code = "workspace_full"


class WorkspaceUnreadable(WorkspaceError):
    """The folder or database is damaged or may not be read or written."""

    code = "workspace_unreadable"


class WorkspaceUnreachable(WorkspaceUnreadable):
    """The database does not answer at the moment, or is busy; trying again may help."""

    code = "workspace_unreachable"


class StudioClosed(WorkspaceError):
    """The studio was closed, or belongs to the process that this one was forked from."""

    code = "studio_closed"


class ServerError(SoraKitError):
    """The API server could not be started or reached."""

    code = "server_error"


class MissingDependency(SoraKitError):
    """An optional package is not installed; ``fix`` holds the command."""

    code = "missing_dependency"


class JobFailed(SoraKitError):
    """The job ended without a result."""

    code = "job_failed"


class JobCancelled(SoraKitError):
    """The job was cancelled before it had a result."""

    code = "job_cancelled"


class JobNeedsYou(SoraKitError):
    """The job waits for a person's decision (it may or may not have been bought upstream)."""

    code = "job_needs_you"
