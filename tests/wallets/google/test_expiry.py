"""What expires by its own dates needs no call; what says something new does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from walletpass.matrix import Matrix
from walletpass.testing.life import matrix_document

OBJECT = "3388000000000000001.C-1"


def matrix_of(**expired) -> Matrix:
    """A coupon that ended an hour ago, and an expired Model with what a test changes."""
    document = matrix_document(
        ("active", "expired"),
        [{"from": "active", "to": "expired", "on": "over", "notify": False}],
        {"over": {"points": "number?"}},
    )
    ended = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="seconds")
    for name, parts in (("active", {}), ("expired", {"state": "expired", **expired})):
        document["models"][name] |= {"validity": {"end": ended}, **parts}
    return Matrix.read(document)


@pytest.fixture(params=[({}, False), ({"organization": "Another"}, True)])
def told(request):
    """What the expired Model says, and whether that is something new."""
    return request.param


@pytest.fixture
def matrix(told) -> Matrix:
    return matrix_of(**told[0])


async def test_a_pass_that_only_expired_needs_no_call(campaign, fake, told):
    await campaign.deliver()
    pass_id = await campaign.issue("C-1")
    await campaign.link(pass_id)
    await campaign.save(pass_id)
    await campaign.deliver()
    before = len(fake.calls())
    await campaign.happens(pass_id, "over")
    await campaign.deliver()
    assert (len(fake.calls()) > before) is told[1]
    assert await campaign.letters() == []
