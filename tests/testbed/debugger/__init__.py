"""Tests of testbed.debugger."""
