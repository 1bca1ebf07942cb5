"""Stripe has a host of its own for files; a Stripe at another address has everything there."""

from __future__ import annotations

import pytest

from bot.payments.account import files_base


@pytest.mark.parametrize(
    ("api_base", "expected"),
    [
        ("https://api.stripe.com", "https://files.stripe.com"),
        ("https://api.stripe.com/", "https://files.stripe.com"),
        ("http://127.0.0.1:12111/", "http://127.0.0.1:12111"),
    ],
)
def test_files_go_where_stripe_takes_them(api_base: str, expected: str) -> None:
    assert expected == files_base(api_base)
