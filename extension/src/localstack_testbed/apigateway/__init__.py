"""Fixes of API Gateway."""
