"""The use-cases of the refund desk, as plain functions of a `Desk`."""
