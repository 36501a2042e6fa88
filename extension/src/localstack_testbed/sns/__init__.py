"""Fixes of SNS: confirmation of email subscriptions, email format, and delivery retries."""
