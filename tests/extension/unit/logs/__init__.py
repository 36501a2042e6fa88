"""Tests of the logs package without LocalStack."""
