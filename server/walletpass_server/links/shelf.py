"""What the links of a process keep in memory: operations for a second, pictures, badges."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from walletpass.errors import FileMissing
from walletpass_server.bootstrap import Platform
from walletpass_server.links.badges import Badges
from walletpass_server.links.pictures import Pictures
from walletpass_server.links.showcase import Showcases
from walletpass_server.links.visits import AnyRequest

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Shelf:
    """See the module; `on` is the platform."""

    on: Platform
    showcases: Showcases = field(default_factory=Showcases)
    pictures: Pictures = field(default_factory=Pictures)
    _badges: Badges | None = None

    @property
    def badges(self) -> Badges:
        """The badges of the operator's folder; none where it cannot be read, since links work without."""
        if self._badges is None:
            try:
                self._badges = Badges.read(self.on.settings.badges)
            except FileMissing as failure:
                _logger.warning("%s", failure)
                self._badges = Badges()
        return self._badges


def shelf_of(request: AnyRequest) -> Shelf:
    """The shelf of a request's application. Litestar's own way to hand things to handlers takes a third of a page."""
    state = request.app.state
    found: Shelf | None = state.get("links")
    if found is None:
        found = state["links"] = Shelf(state["on"])
    return found
