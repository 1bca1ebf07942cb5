"""What the world reaches over HTTP: Slack's and Stripe's deliveries, health, metrics."""
