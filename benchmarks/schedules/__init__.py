"""The command ``schedules``: rules and schedules in real time, and their costs."""
