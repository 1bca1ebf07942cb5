"""The refund desk as a running program: Slack on one side, Stripe on the other, rows in between."""
