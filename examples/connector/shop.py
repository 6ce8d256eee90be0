"""
A shop that manages its mobile wallet from its own till, by the API: loyalty cards, points, coupons.

    export WALLETPASS_URL=http://127.0.0.1:8000 WALLETPASS_KEY=wp_test_...
    python shop.py open                      designs and operations, once; again, it changes nothing
    python shop.py card K-1 "Ada Lovelace"   a loyalty card: its link
    python shop.py buy K-1 42 R-1001         points for the receipt R-1001, once
    python shop.py coupon K-1                a coupon: its link
    python shop.py redeem K-1 "Till 3"       takes the coupon, once
    python shop.py cards                     who has how many points
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from walletpass import read_document
from walletpass.client import Client
from walletpass.client.api import assets, credentials, events, matrices, operations, passes, tokens
from walletpass.errors import WalletPassError

DESIGNS = Path(__file__).parent / "designs"
CLUB, COUPON = "shop-club", "shop-coupon"
YEAR = timedelta(days=365)


class Shop:
    """What the till does. People are known by the shop's own numbers: `K-1`."""

    def __init__(self, api: Client) -> None:
        self.api = api

    def open(self) -> None:
        """Put both designs in force, with whatever credentials the client has."""
        signs = {
            each.wallet: each.name for each in self.api.every(credentials.list_credentials()) if not each.stopped_why
        }
        for name, file in ((CLUB, "club.yaml"), (COUPON, "coupon.yaml")):
            if self._operations(name):
                continue
            made = self.api.send(matrices.write_matrix(document=self._matrix(file)))
            now = datetime.now(UTC)
            period = {"starts_at": now.isoformat(), "ends_at": (now + YEAR).isoformat()}
            self.api.send(
                operations.open_operation(
                    document={"operation": name, "matrix": made.name, **period},
                    apple_credential=signs.get("apple"),
                    google_credential=signs.get("google"),
                    idempotency_key=f"open-{name}",
                )
            )

    def card(self, customer: str, name: str) -> str:
        """The link of a loyalty card. The same customer again has the same card."""
        return self._issue(CLUB, customer, name=name)

    def buy(self, customer: str, euros: float, receipt: str) -> float:
        """Points for a receipt; how many there are. The same receipt again counts nothing."""
        self.api.send(
            events.send_event(
                type="purchase.made",
                subject={"external_id": customer, "operation": CLUB},
                data={"euros": euros},
                idempotency_key=f"receipt-{receipt}",
            )
        )
        (card,) = self.api.every(passes.list_passes(operation_id=self._operation(CLUB), external_id=customer))
        return float(card.values["points"])

    def coupon(self, customer: str) -> str:
        """The link of a coupon."""
        return self._issue(COUPON, customer)

    def redeem(self, customer: str, till: str) -> bool:
        """Take a coupon; False when it was taken before, or there is none."""
        told = self.api.send(
            events.send_event(
                type="coupon.used", subject={"external_id": customer, "operation": COUPON}, data={"till": till}
            )
        )
        return bool(told.moved)

    def cards(self) -> Iterator[tuple[str, str, float]]:
        """Customer, tier, points of each card."""
        for each in self.api.every(passes.list_passes(operation_id=self._operation(CLUB))):
            yield each.external_id or each.serial, each.model, float(each.values.get("points", 0))

    def _issue(self, operation: str, customer: str, **values: str) -> str:
        where = self._operation(operation)
        self.api.send(tokens.issue_pass(where, external_id=customer, values=values))
        (token,) = self.api.every(tokens.list_tokens(where, external_id=customer))
        return self.api.send(tokens.read_links(token.id)).link

    def _operation(self, name: str) -> int:
        return self._operations(name)[0]

    def _operations(self, name: str) -> list[int]:
        return [each.id for each in self.api.every(operations.list_operations(name=name))]

    def _matrix(self, file: str) -> dict[str, Any]:
        """A Matrix with its Models written out; pictures are kept first, and named by their id."""
        matrix = read_document(DESIGNS / file)
        logo = self.api.send(assets.keep_picture(body=(DESIGNS / "logo.svg").read_bytes()))
        models = {name: read_document(DESIGNS / model) for name, model in matrix["models"].items()}
        for model in models.values():
            model["images"] = {"icon": logo.id, "logo": {"file": logo.id, "alt": "Maison Verte"}}
        return {**matrix, "models": models}


def main(command: str, *given: str) -> None:
    """Command line."""
    with Client(os.environ["WALLETPASS_URL"], os.environ["WALLETPASS_KEY"]) as api:
        shop = Shop(api)
        if command == "open":
            shop.open()
        elif command == "card":
            print(shop.card(*given))
        elif command == "buy":
            customer, euros, receipt = given
            print(f"{shop.buy(customer, float(euros), receipt):g} points")
        elif command == "coupon":
            print(shop.coupon(*given))
        elif command == "redeem":
            print("taken" if shop.redeem(*given) else "refused: it was taken before, or there is none")
        elif command == "cards":
            for customer, tier, points in shop.cards():
                print(f"{customer}  {tier}  {points:g}")
        else:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    try:
        main(*(sys.argv[1:] or ["help"]))
    except WalletPassError as error:
        raise SystemExit(str(error)) from error
