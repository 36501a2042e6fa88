"""How the functions' AWS clients behave."""

from botocore.config import Config

CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=32,
)
"""Fail within seconds, so that a function still has the time to say so. As many connections as
there are threads that use them."""
