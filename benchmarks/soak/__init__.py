"""The Lambda executor under a mixed load for long: wrong answers, and what is left behind."""
