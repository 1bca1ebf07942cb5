"""The pure rules of the refund desk: frozen facts in, a ruling that explains itself out."""
