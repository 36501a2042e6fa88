"""LocalStack itself: how it starts, listens, runs init scripts, and ends."""
