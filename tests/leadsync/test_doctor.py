"""What the doctor says of clocks and quotas."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from leadsync.doctor import CLOCKS_APART, calls_left, clocks_agree
from leadsync.errors import ConfigurationError
from leadsync.http.limits import QuotaUse

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def test_clocks_that_nearly_agree_are_fine() -> None:
    assert clocks_agree(lambda: timedelta(seconds=-2)) == "2 s apart"
    assert "does not tell" in clocks_agree(lambda: None)


@pytest.mark.parametrize(("seconds", "told"), [(1, "behind"), (-1, "ahead")])
def test_a_clock_that_is_wrong_is_named_with_what_to_do(seconds: int, told: str) -> None:
    apart = timedelta(seconds=seconds * (CLOCKS_APART + 1))
    with pytest.raises(ConfigurationError, match=f"61 s {told}") as caught:
        clocks_agree(lambda: apart)
    assert "NTP" in caught.value.remedy


def test_a_quota_that_is_used_up_says_until_when() -> None:
    assert "10 of our 100 used" in calls_left(QuotaUse(10, 100, NOON))
    assert "no daily quota" in calls_left(QuotaUse(10, None, NOON))
    with pytest.raises(ConfigurationError, match="is used up") as caught:
        calls_left(QuotaUse(100, 100, NOON))
    assert "2026-01-31T12:00:00Z" in caught.value.remedy
