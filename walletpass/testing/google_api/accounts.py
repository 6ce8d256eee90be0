"""Service accounts that Google knows, and the access tokens they were given."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import jwt
import jwt.types
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from walletpass.google.credentials import TOKEN_URIS, ServiceAccount
from walletpass.templates.google import API_SCOPE
from walletpass.testing.google_api.resources import Refused

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKEN_LIFE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Account:
    """A service account: its public key, and the issuers it was invited to."""

    key: RSAPublicKey = field(repr=False)
    issuers: frozenset[str]


@dataclass(slots=True, kw_only=True)
class Accounts:
    """
    Service accounts and access tokens.

    Attributes:
        clock: What time it is.
        audiences: For whom an assertion may be: Google's token addresses, and the fake's own.
        granted: Tokens handed out so far.
    """

    clock: Callable[[], datetime]
    audiences: set[str] = field(default_factory=lambda: set(TOKEN_URIS))
    granted: int = 0
    _known: dict[str, Account] = field(default_factory=dict)
    _tokens: dict[str, tuple[str, datetime]] = field(default_factory=dict, repr=False)

    def register(self, account: ServiceAccount | Mapping[str, str], issuers: Iterable[str]) -> None:
        """Invite an account, as loaded or as the JSON of its file, to issuers; again to more of them."""
        if isinstance(account, ServiceAccount):
            email, key = account.client_email, account.private_key.public_key()
        else:
            private = load_pem_private_key(account["private_key"].encode(), None)
            email, key = account["client_email"], private.public_key()  # type: ignore[assignment]  # its files are RSA
        before = self._known[email].issuers if email in self._known else frozenset()
        self._known[email] = Account(key, before | frozenset(issuers))

    def find(self, email: object) -> Account | None:
        """An account by its e-mail."""
        return self._known.get(email) if isinstance(email, str) else None

    def grant(self, form: Mapping[str, str]) -> tuple[int, dict[str, object]]:
        """Status and answer of the token address."""
        try:
            claims = self._claims(form)
        except (jwt.PyJWTError, ValueError) as exc:
            return 400, {"error": "invalid_grant", "error_description": str(exc)}
        token = f"ya29.{secrets.token_urlsafe(32)}"
        self._tokens[token] = (claims, self.clock() + TOKEN_LIFE)
        self.granted += 1
        return 200, {"access_token": token, "expires_in": int(TOKEN_LIFE.total_seconds()), "token_type": "Bearer"}

    def revoke_tokens(self) -> None:
        """Every token handed out so far answers 401 from now on."""
        self._tokens.clear()

    def issuers_of(self, authorization: str | None) -> frozenset[str]:
        """The issuers that the bearer of a token may act for. Raises Refused."""
        token = (authorization or "").removeprefix("Bearer ")
        email, expires_at = self._tokens.get(token, ("", self.clock()))
        if expires_at <= self.clock():
            raise Refused(401, "authError", "Request had invalid authentication credentials.")
        return self._known[email].issuers

    def _claims(self, form: Mapping[str, str]) -> str:
        """The e-mail that an assertion proves. Raises ValueError or PyJWTError."""
        if form.get("grant_type") != GRANT:
            raise ValueError("unsupported grant type")
        assertion = form.get("assertion", "")
        claimed = jwt.decode(assertion, options={"verify_signature": False})
        account = self.find(claimed.get("iss"))
        if account is None:
            raise ValueError("account not found")
        own_clock: jwt.types.Options = {"verify_exp": False, "verify_iat": False}
        claims = jwt.decode(assertion, account.key, ["RS256"], audience=list(self.audiences), options=own_clock)
        issued, ends, now = claims.get("iat"), claims.get("exp"), self.clock().timestamp()
        if not isinstance(issued, int) or not isinstance(ends, int) or not issued - 60 <= now < ends <= issued + 3600:
            raise ValueError("Token must be a short-lived token (60 minutes) and in a reasonable timeframe")
        if API_SCOPE not in str(claims.get("scope", "")).split():
            raise ValueError("invalid scope")
        return str(claims["iss"])
