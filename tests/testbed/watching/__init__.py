"""Tests of ``testbed.watching``."""
