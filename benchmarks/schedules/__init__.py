"""The command ``schedules``: rules and schedules that fire in real time, and what they cost."""
