"""SNS: subscriptions to confirm, emails, and retries of deliveries."""
