"""Soak test of the Lambda executor: wrong responses and leaks under a long, mixed load."""
