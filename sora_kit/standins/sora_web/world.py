"""All accounts together: who a token belongs to, and who may see what.

Drafts, tasks, uploads and characters in the making belong to one account, and another account is told
that there is no such thing. Posts and public characters are everybody's.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterable

from sora_kit.errors import InvalidInput
from sora_kit.standins.sora_web import ids, tokens
from sora_kit.standins.sora_web.account import Account, Cameo, NewAccount, Post, Quota
from sora_kit.standins.sora_web.clock import Clock
from sora_kit.standins.sora_web.faults import Fault, Faults
from sora_kit.standins.sora_web.files import Files
from sora_kit.standins.sora_web.ledger import Ledger
from sora_kit.standins.sora_web.refusals import missing, refusal
from sora_kit.standins.sora_web.work import Latency, Task

__all__ = ("World",)

SESSION_SECONDS = 90 * 86_400


class World:
    """The state of one stand-in.

    Args:
        accounts: The accounts at the start.
        clock: The time of everything.
        latency: Of every task.
        concurrency: Videos that one account may have running.
        token_seconds: Life of an access token.
        media_seconds: Life of a signed link.
        ownership: Whether what belongs to another account is hidden.
        strict: Whether a write without ``openai-sentinel-token`` is refused.
        window: Seconds in which the same submission counts as a duplicate.
        seed: Of what is drawn by chance (`Latency.spread`).
    """

    def __init__(
        self,
        accounts: Iterable[NewAccount],
        *,
        clock: Clock,
        latency: Latency,
        concurrency: int,
        token_seconds: float,
        media_seconds: float,
        ownership: bool,
        strict: bool,
        window: float,
        seed: int,
    ) -> None:
        self.clock = clock
        self.latency = latency
        self.concurrency = concurrency
        self.token_seconds = token_seconds
        self.ownership = ownership
        self.strict = strict
        self._secret = secrets.token_bytes(32)
        self.files = Files(self._secret, media_seconds)
        self._new = tuple(accounts)
        self._window = window
        self._seed = seed
        self.reset()

    def reset(self) -> None:
        """Forget all that happened, and open the first accounts anew, with new tokens. Time goes on."""
        self.rng = random.Random(self._seed)  # noqa: S311 - lengths of tasks, no secrets
        self.faults = Faults()
        self.ledger = Ledger(self._window)
        self.posts: dict[str, Post] = {}
        self._revoked: set[str] = set()
        self.accounts: dict[str, Account] = {}
        for new in self._new:
            self.add(new)

    def add(self, new: NewAccount) -> Account:
        """Open an account.

        Raises:
            ValueError: There is one with that e-mail.
        """
        if new.email in self.accounts:
            raise ValueError(f"two accounts have the e-mail {new.email}")
        name = new.username
        if name == "":
            name = "".join(c for c in new.email.partition("@")[0].lower() if c.isalnum())
            name += str(len(self.accounts) + 1) if self.taken(name) else ""
        account = Account(new.email, new.plan, Quota(new.quota, new.period), name, new.onboarded, new.country)
        account.invite = secrets.token_hex(3).upper()
        account.session_token = secrets.token_urlsafe(48)
        self.accounts[new.email] = account
        self.sign_in(account)
        self.rotate(account)
        return account

    # -- tokens ---------------------------------------------------------------------------------------

    def sign_in(self, account: Account, skew: float = 0.0) -> str:
        """A new access token; earlier ones stay good until they expire."""
        now = self.clock.time() + skew
        account.access_token = tokens.issue(
            self._secret,
            {
                "iat": int(now),
                "exp": int(now + self.token_seconds),
                "jti": secrets.token_hex(8),
                tokens.PROFILE: {"email": account.email, "email_verified": True},
                tokens.AUTH: {"chatgpt_user_id": account.user, "chatgpt_plan_type": account.plan},
            },
        )
        return account.access_token

    def rotate(self, account: Account) -> str:
        """A new refresh token; the old one is no longer good."""
        account.refresh_token = f"rt_{secrets.token_urlsafe(40)}"
        return account.refresh_token

    def revoke(self, account: Account) -> None:
        """Make the account's present access token invalid, as after a change of password."""
        self._revoked.add(account.access_token)

    def holder(self, token: str) -> Account | None:
        """Whose access token it is, expired or not."""
        claims = tokens.read(self._secret, token)
        return self.accounts.get(claims[tokens.PROFILE]["email"]) if claims else None

    def authenticate(self, token: str) -> Account:
        """The account of a good access token.

        Raises:
            Refusal: 401: it is not one of ours, was revoked, or has expired.
        """
        claims = tokens.read(self._secret, token)
        account = self.holder(token)
        if claims is None or account is None:
            raise refusal("bad_token")
        if token in self._revoked:
            raise refusal("token_invalidated")
        if self.clock.time() >= claims["exp"]:
            raise refusal("token_expired")
        return account

    def by_session(self, token: str) -> Account | None:
        """Whose session token it is."""
        return next((a for a in self.accounts.values() if token and a.session_token == token), None)

    def by_refresh(self, token: str) -> Account | None:
        """Whose present refresh token it is."""
        return next((a for a in self.accounts.values() if token and a.refresh_token == token), None)

    # -- things ---------------------------------------------------------------------------------------

    def reach(self, account: Account) -> list[Account]:
        """The accounts whose things ``account`` may use: itself, or all if ownership is off."""
        return [account] if self.ownership else list(self.accounts.values())

    def draft(self, account: Account, generation: str) -> Task:
        """A finished draft by its generation id.

        Raises:
            Refusal: 404: there is none, or it is another account's.
        """
        now = self.clock.time()
        for owner in self.reach(account):
            for task in owner.drafts(now):
                if task.generation == generation:
                    return task
        raise missing("Generation")

    def cameo(self, account: Account, cameo: str) -> Cameo:
        """A character in the making.

        Raises:
            Refusal: 404: there is none, or it is another account's.
        """
        for owner in self.reach(account):
            if cameo in owner.cameos:
                return owner.cameos[cameo]
        raise missing("Cameo")

    def characters(self) -> dict[str, Cameo]:
        """All finished characters by their username."""
        return {c.username: c for a in self.accounts.values() for c in a.cameos.values() if c.character}

    def taken(self, username: str) -> bool:
        """Whether an account or a character has that name."""
        return username in self.characters() or any(a.username == username for a in self.accounts.values())

    def publish(self, account: Account, task: Task, text: str) -> Post:
        """Make a post of a draft."""
        post = Post(ids.hex_id("s_"), account.email, task, text, self.clock.time())
        self.posts[post.id] = post
        return post

    def posted(self, task: Task) -> Post | None:
        """The first post that shows a draft."""
        return next((post for post in self.posts.values() if post.task is task), None)

    def known(self, fault: Fault) -> Fault:
        """The fault, if its account is one of these.

        Raises:
            InvalidInput: It is not, so the fault would never act.
        """
        if fault.account is not None and fault.account not in self.accounts:
            raise InvalidInput(
                f"{fault.account!r} is no account",
                fix=f"Use one of {', '.join(self.accounts)}",
                param="account",
            )
        return fault

    def running(self) -> dict[str, int]:
        """Videos that run now, by account."""
        now = self.clock.time()
        return {email: len(account.running(now)) for email, account in self.accounts.items()}
