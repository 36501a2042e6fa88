"""Fixes of CloudFormation."""
