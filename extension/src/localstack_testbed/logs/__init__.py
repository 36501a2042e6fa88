"""Fixes of CloudWatch Logs."""
