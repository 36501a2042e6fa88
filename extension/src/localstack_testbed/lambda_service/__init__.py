"""Fixes of LocalStack's Lambda service where it differs from AWS's."""
