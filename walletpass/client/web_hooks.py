"""What a receiver of web hooks does first: find out whether the platform sent it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from walletpass.errors import HookForged, UsageError
from walletpass.hooks import Event


def verify_hook(body: bytes, headers: Mapping[str, str], secret: str) -> Event:
    """
    The event of a web hook. Tell repeats by its `id`: it comes at least once.

    Args:
        body: As it arrived, byte for byte.
        headers: Of the request, in any case; `webhook-id`, `webhook-timestamp` and `webhook-signature` are read.
        secret: `whsec_…`, as it was shown when the hook was made.

    Raises:
        HookForged: Nobody who knows the secret sent this, or it was sent more than five minutes ago.
        UsageError: The secret is none, or the event is of a newer version than this walletpass reads.

    Source: Standard Webhooks, https://www.standardwebhooks.com.
    """
    from standardwebhooks import Webhook, WebhookVerificationError
    from standardwebhooks.webhooks import EmptyWebhookSecretError

    try:
        hook = Webhook(secret)
    except (ValueError, EmptyWebhookSecretError) as exc:
        raise UsageError("the secret of a web hook is whsec_ and base64: copy it as it was shown") from exc
    try:
        hook.verify(body, {name.lower(): value for name, value in headers.items()})
        return Event.read(json.loads(body))
    except (WebhookVerificationError, ValueError) as exc:
        raise HookForged(f"this is no web hook of the platform: {exc}: answer 400, and do nothing") from exc
