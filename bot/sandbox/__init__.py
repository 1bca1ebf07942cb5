"""The sandbox: a local Slack, a local Stripe and a local mail server, reached only by address."""
