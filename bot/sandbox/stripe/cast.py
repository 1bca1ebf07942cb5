"""The people and charges of the story that have fixed ids: what the demo, the tour and the tests name."""

from __future__ import annotations

from typing import Final

# A charge made twice

DUPLICATE_CUSTOMER: Final = "cus_rDkht8W5PCqkjc"
"""Dana Whitfield of Harbor Books: pays 49.00 USD a month and was charged twice today."""
DUPLICATE_FIRST: Final = "ch_3z4GTLXKLsKftA95RKEq1S88"
"""49.00 USD, the first of a pair on one card within four minutes, less than two hours ago."""
DUPLICATE_SECOND: Final = "ch_3eTYXcNSV2e9OYjUa3ZuJp32"
"""49.00 USD, the second of that pair: a true duplicate."""
SHARED_CARD_CUSTOMER_A: Final = "cus_lut4GxLoK67RVZ"
"""Asha Nair of Lumen Studio: one of two customers whose cards have the same fingerprint."""
SHARED_CARD_CUSTOMER_B: Final = "cus_GH4XPauXqlRC69"
"""Arjun Nair of Lumen Studio West: the other one."""
SHARED_CARD_FIRST: Final = "ch_3v3ZuKBvqS4z6dv7QMNnJwpd"
"""79.00 USD of customer A, yesterday."""
SHARED_CARD_SECOND: Final = "ch_3PHMNFb9jCDgJvkT9f1d3xY9"
"""79.00 USD of customer B, the same day on the same card."""

# No charge yet, or none that succeeded

HOLD_CUSTOMER: Final = "cus_oFrIFtLNVTXb9U"
"""Owen Birch of Birch & Daughters: has an authorisation that was never captured."""
HOLD: Final = "ch_3DS0gXxxxCXkZHZjYQ1IYiac"
"""120.00 USD, authorised yesterday and not captured: a hold, which cannot be refunded."""
FAILED_CUSTOMER: Final = "cus_uZ6TvsAZBgjlyR"
"""Helga Fischer of Fischer Optik: her card was declined."""
FAILED_CHARGE: Final = "ch_3m7cpubc6493qElnud4A4XDT"
"""35.00 USD, declined for insufficient funds two days ago."""

# Renewals and cancellations

RENEWAL_RECENT_CUSTOMER: Final = "cus_3770B2ECLYM8x5"
"""Mara Lindqvist of Northwind Yoga: did not mean to renew."""
RENEWAL_RECENT_SUBSCRIPTION: Final = "sub_1nxDHnMmPGVx0t4C5BXiz176"
"""Her yearly subscription, renewed 3 days ago."""
RENEWAL_RECENT: Final = "ch_3BhjjMlrLAxMntxofPJOeXnG"
"""588.00 USD, the yearly renewal of 3 days ago."""
RENEWAL_LATE_CUSTOMER: Final = "cus_i668XZ6OxSBSdA"
"""Tomás Ibarra of Ibarra Ceramics: noticed his renewal late."""
RENEWAL_LATE_SUBSCRIPTION: Final = "sub_1IUPmxHD2k8nKEp5dV22Mvkj"
"""His yearly subscription, renewed 9 days ago."""
RENEWAL_LATE: Final = "ch_38ZcMjyXQ4ONpIpSoDs0mCuf"
"""588.00 USD, the yearly renewal of 9 days ago."""
AFTER_CANCELLATION_CUSTOMER: Final = "cus_ndk9joIDd9wkBJ"
"""Grace Okafor of Okafor Florals: cancelled, and was charged again."""
AFTER_CANCELLATION_SUBSCRIPTION: Final = "sub_17nSyYlh0esxeqtEXk9FRelQ"
"""Her monthly subscription, cancelled and ended 12 days ago."""
AFTER_CANCELLATION: Final = "ch_3LrkiKzNTViLhtIyovPqkoxe"
"""29.00 USD, taken 5 days ago: a week after that subscription had ended."""

# Amounts on and around the limits

EXACTLY_500_CUSTOMER: Final = "cus_f5zWE2XmSqZ4lI"
"""Ines Duarte of Duarte Supply."""
EXACTLY_500: Final = "ch_3LCyP13h5nkm4l7C9xL5NjZW"
"""500.00 USD, 6 days ago."""
LARGE_1250_CUSTOMER: Final = "cus_IRcVAPkeE4s7Jc"
"""Colin Marsh of Marsh Outfitters."""
LARGE_1250: Final = "ch_3z14wMBGcTAxqVsChq7Y5kko"
"""1,250.00 USD, 8 days ago."""
EXACTLY_2000_CUSTOMER: Final = "cus_zQXf9PY3kDeT9h"
"""Yuki Tanabe of Tanabe Imports."""
EXACTLY_2000: Final = "ch_3TgGvusqoCuLIY0in83eApVQ"
"""2,000.00 USD, 4 days ago."""
LARGE_2400_CUSTOMER: Final = "cus_MjtBEI4RN8kCo8"
"""Renée Caron of Caron Logistics."""
LARGE_2400: Final = "ch_3yMzMWclibwfpyrrSOUGUgBS"
"""2,400.00 USD, 7 days ago."""

# Refunded before

REFUNDED_CUSTOMER: Final = "cus_atSCcTdqb7qkDC"
"""Hugo Brandt of Brandt Cycles: had refunds before."""
FULLY_REFUNDED: Final = "ch_3GIIamLbCv9Uuulm1Ovh86R8"
"""64.00 USD, 40 days ago, refunded in full."""
FULL_REFUND: Final = "re_31P0kxxOCPEWzZr5pGm20qgD"
"""The refund of 64.00 USD, 35 days ago."""
PARTLY_REFUNDED: Final = "ch_38tTPf9f9itWQC0puV3XEjmt"
"""180.00 USD, 20 days ago, of which 60.00 were refunded."""
PARTIAL_REFUND: Final = "re_3c968b6giweEDq5z5a0mjt9u"
"""The refund of 60.00 USD, 15 days ago."""

# Disputed

DISPUTED_CUSTOMER: Final = "cus_EI5Q41VD5B4ZMB"
"""Nadia Rahal of Rahal Textiles: her bank disputes two charges and asks about a third."""
DISPUTED: Final = "ch_3FEK8cNI7Pyr2J1cuTfHUTgW"
"""310.00 USD, 25 days ago, charged back as fraudulent."""
DISPUTE: Final = "du_12LG1fyVJeqBBexPN5IKMEaR"
"""That dispute: filed 3 days ago, needs a response within 6 days."""
DISPUTED_SMALL: Final = "ch_3wnJjfQeek7fxxmrjacLgaRP"
"""15.00 USD, 18 days ago, charged back as a duplicate."""
SMALL_DISPUTE: Final = "du_1pEC12oSsKgrdXwIlJMwjJQX"
"""That dispute, of less than 20 dollars: filed 2 days ago."""
INQUIRED: Final = "ch_38i97pdaAk0zSDnBmgwSw8pd"
"""95.00 USD, 12 days ago, which the bank asks about; it can still be refunded."""
INQUIRY: Final = "du_1SnkBSEWqb3kBwSBe0NH2GXC"
"""That inquiry, filed yesterday."""
WARNED_CUSTOMER: Final = "cus_JOQCrR7pQ1ugc4"
"""Felix Amsel of Amsel Audio."""
WARNED: Final = "ch_3zcV2LT1QGuwCCLqz9rkATID"
"""72.00 USD, 5 days ago, with an early fraud warning since yesterday."""
FRAUD_WARNING: Final = "issfr_1SNA5x8AnuKkTuzR45vSMTtC"
"""That warning."""

# Other currencies and ways to pay

EURO_CUSTOMER: Final = "cus_2tYRUQbtulRyk0"
"""Chiara Bellini of Bellini Vini, in Europe/Rome."""
EURO_CHARGE: Final = "ch_3nCg6xQ2kPQvUnT5PPpbDkyS"
"""89.90 EUR, 3 days ago."""
YEN_CUSTOMER: Final = "cus_DuMo58iMMxhLZb"
"""Haruto Mori of Mori Stationery, in Asia/Tokyo."""
YEN_CHARGE: Final = "ch_3XOcc7kJF0BhKweBi1z38A02"
"""4,900 JPY (no decimals), 3 days ago."""
KONBINI_CHARGE: Final = "ch_36QWu1rx27CtQvP6Qe1veW4v"
"""6,200 JPY paid in a convenience store, 6 days ago: its refund requires an action of the customer."""
DINAR_CUSTOMER: Final = "cus_xPfBvb1jvnHRsP"
"""Fatima Al-Sabah of Gulf Pantry, in Asia/Kuwait."""
DINAR_CHARGE: Final = "ch_3zVrLizab87VEEsAKDDzkWQ2"
"""12.750 KWD (three decimals), 3 days ago."""
BANK_DEBIT_CUSTOMER: Final = "cus_LGSETRzLGWzWhH"
"""Walter Pruitt of Pruitt Hardware: pays from a bank account."""
BANK_DEBIT_CHARGE: Final = "ch_3S9xq2BVvQkO2ZLTBGxnjUfx"
"""140.00 USD by bank debit, 11 days ago: its refund stays pending until the bank settles it."""

# Unpaid invoices

PAST_DUE_TWO_CUSTOMER: Final = "cus_Q59GBxDewa2hDn"
"""Sofia Marchetti of Marchetti Prints: two invoices are past due."""
PAST_DUE_TWO_CHARGE: Final = "ch_3RzxZLBOQUGE2G8F7k9XqlaK"
"""45.00 USD, the last month that was paid."""
PAST_DUE_THREE_CUSTOMER: Final = "cus_zM3Mx1Di1n8mT6"
"""Ben Adler of Adler Fitness: three invoices are past due."""
PAST_DUE_THREE_CHARGE: Final = "ch_3saMZlIeXne8Xbd6cDGawWe2"
"""45.00 USD, the last month that was paid."""
PAST_DUE_FIVE_CUSTOMER: Final = "cus_DrvF6GoJJvZ169"
"""Ruth Mbeki of Mbeki Catering: five invoices are past due."""
PAST_DUE_FIVE_CHARGE: Final = "ch_3MdYx9q9x3XjxCkSB264vQsJ"
"""45.00 USD, the last month that was paid."""

PAST_DUE_TWO_INVOICES: Final = ("in_1eWQSAhd9zZGcVp1PyJFju7k", "in_1eJyNgmktPrFE78chqzQ2fs0")
"""Open invoices of 45.00 USD each, oldest first; all are due."""
PAST_DUE_THREE_INVOICES: Final = (
    "in_1OYD3WSCMMD6GeDzkPyd26f3",
    "in_1jNkzMvu7CJLQQwSuRZ1DJQW",
    "in_1imGktlVm99fkOvYTAaFA0jr",
)
"""Open invoices of 45.00 USD each, oldest first; all are due."""
PAST_DUE_FIVE_INVOICES: Final = (
    "in_1MEnyhYx7EbusuzBydeJsDk1",
    "in_1gkRVRr2CErB5HGAHL2L9xJ1",
    "in_1CrwwtG3bt8SMn5jUl0U93vO",
    "in_1tJDQucyLE9oEuRLVyfiXTEP",
    "in_1JUUaPNPGeTDZZLze6To7fPu",
)
"""Open invoices of 45.00 USD each, oldest first; all are due."""


# Subscriptions

YEARLY_NEW_CUSTOMER: Final = "cus_PNfkIDhNzOHpLT"
"""Amara Diallo of Diallo Design."""
YEARLY_NEW_SUBSCRIPTION: Final = "sub_1irLauliP1SkY9gwHKijbHuK"
"""A yearly subscription bought 10 days ago."""
YEARLY_NEW_CHARGE: Final = "ch_32nNPt8PElxtXUp6ch9rWkW4"
"""588.00 USD, its first payment."""
YEARLY_OLD_CUSTOMER: Final = "cus_77a8ymwvtcc4qs"
"""Peter Novak of Novak Joinery."""
YEARLY_OLD_SUBSCRIPTION: Final = "sub_1tBAWyk0pltoQIJISCXS8NpP"
"""A yearly subscription bought 40 days ago."""
YEARLY_OLD_CHARGE: Final = "ch_3xpN7BJFxHQeFcRSdGuhmMcv"
"""588.00 USD, its first payment."""
MONTHLY_CUSTOMER: Final = "cus_iT2KESKsQRgWZ9"
"""Ella Sørensen of Sørensen Tea, in Europe/Copenhagen."""
MONTHLY_SUBSCRIPTION: Final = "sub_1xxIiLrKK8uAQx3Y7HaZXcrO"
"""A monthly subscription, in its fourth month."""
MONTHLY_CHARGE: Final = "ch_3XP9ef7oibS4NaQQPd9nyHsH"
"""49.00 USD, its latest payment, 4 days ago."""
TWO_SUBSCRIPTIONS_CUSTOMER: Final = "cus_fluOJ5ULeeGPLB"
"""Jonah Reyes of Reyes Records: has two subscriptions."""
TWO_SUBSCRIPTIONS_FIRST: Final = "sub_16kQNBq7EEKFxc8bp65XmuZQ"
"""His monthly subscription of 29.00 USD."""
TWO_SUBSCRIPTIONS_SECOND: Final = "sub_16aNx9qaVqx0JVCvcKkQ8II2"
"""His yearly subscription of 240.00 USD."""
TWO_SUBSCRIPTIONS_MONTHLY_CHARGE: Final = "ch_3L9J6ybZ301r6rF24JMnH49n"
"""29.00 USD, 9 days ago, for the first."""
TWO_SUBSCRIPTIONS_YEARLY_CHARGE: Final = "ch_3TKriLxvQOCUkmzTzYcNQj0F"
"""240.00 USD, 60 days ago, for the second."""

# Others

NO_EMAIL_CUSTOMER: Final = "cus_JkGHjH0qt8mpfW"
"""Kofi's Corner: a customer without an email address."""
NO_EMAIL_CHARGE: Final = "ch_37sATO7oe5Kiz5wT03s6EFWo"
"""19.00 USD, 2 days ago."""
