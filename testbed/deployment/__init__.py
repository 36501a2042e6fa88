"""Deployments: packages, change sets, ownership of a stack, and its removal."""
