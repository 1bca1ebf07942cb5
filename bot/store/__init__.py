"""The rows: tables, every query, and the two ways in, `Store.write` and `Store.read`."""
