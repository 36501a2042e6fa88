"""``testbed watch``: which change of a file means what, and the loop that deploys it."""
