"""Fixes of S3."""
