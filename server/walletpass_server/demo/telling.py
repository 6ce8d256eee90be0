"""What a rehearsal says and shows: a line for each step, a picture where there is something to see."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import httpx

from walletpass.errors import WalletPassError
from walletpass.preview import Drawing, draw_apple, draw_google, sheet
from walletpass.testing.google_api import FakeGoogle
from walletpass.testing.held_pass import HeldPass
from walletpass.writing import write_file


@dataclass(slots=True)
class Telling:
    """
    The tale of a rehearsal.

    Attributes:
        folder: Where pictures go.
        say: What prints a line.
    """

    folder: Path
    say: Callable[[str], None]
    _steps: int = 0
    _began: float = field(default_factory=monotonic)
    _pictures: list[tuple[str, Drawing]] = field(default_factory=list)

    def step(self, name: str, says: str) -> None:
        """The next step has been done."""
        self._steps += 1
        self.say(f"{monotonic() - self._began:5.1f} s  {self._steps:2} {name:<13} {says}")

    def check(self, held: bool, what: str) -> None:
        """
        Something that must be so.

        Raises:
            WalletPassError: It is not.
        """
        if not held:
            raise WalletPassError(f"the rehearsal failed after step {self._steps}: {what}")

    def apple(self, held: HeldPass, caption: str) -> None:
        """A picture of a pass as a phone holds it."""
        self._keep(caption, draw_apple(held.document, held.files))

    async def google(self, google: FakeGoogle, object_id: str, caption: str) -> None:
        """A picture of an object as Google holds it, and fetches its pictures: in a thread, as they are ours."""
        object_ = google.object_(object_id) or {}
        class_ = google.class_(object_.get("classId", "")) or {}
        self._keep(caption, await asyncio.to_thread(draw_google, class_, object_, images=_fetched))

    def _keep(self, caption: str, drawing: Drawing) -> None:
        self._pictures.append((caption, drawing))
        name = f"{len(self._pictures):02}-{caption.lower().replace(' ', '-').replace(',', '').replace(':', '')}"
        write_file(self.folder / f"{name}.png", drawing.png())

    def sheet(self) -> Path:
        """All pictures on one."""
        captions = [caption for caption, _ in self._pictures]
        drawn = sheet([drawing for _, drawing in self._pictures], captions, columns=len(captions))
        return write_file(self.folder / "sheet.png", drawn.png())


def _fetched(url: str) -> bytes | None:
    """A picture as Google would fetch it."""
    try:
        answer = httpx.get(url, timeout=5)
    except httpx.HTTPError:
        return None
    return answer.content if answer.is_success else None
