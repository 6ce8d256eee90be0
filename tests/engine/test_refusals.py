"""Design §5: BadDeviceToken over 1 % in 1,000 pushes stops the credential and deletes nothing."""

from __future__ import annotations

from walletpass.testing.life import START
from walletpass_server.engine.refusals import Refusal, Refusals


def _refusals(pushes: int, refused: int) -> Refusals:
    refusals = Refusals()
    refusals.pushed(pushes)
    for device in range(refused):
        refusals.refused(Refusal(1, device, f"token-{device}", START))
    return refusals


def test_refusals_are_believed_once_a_thousand_pushes_show_that_they_are_few() -> None:
    refusals = _refusals(999, 10)
    assert refusals.believed() == []
    refusals.pushed()
    assert [refusal.device_id for refusal in refusals.believed()] == list(range(10))
    assert refusals.believed() == []


def test_more_than_one_in_a_hundred_is_an_alarm_and_deletes_nothing() -> None:
    refusals = _refusals(1000, 11)
    assert refusals.alarming
    assert refusals.believed() == []


def test_a_wrong_credential_raises_the_alarm_long_before_the_window_is_full() -> None:
    refusals = _refusals(11, 11)
    assert refusals.alarming
    refusals.pushed(5000)
    assert refusals.believed() == []
