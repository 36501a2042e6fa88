"""Configuration of the functions' AWS clients."""

from botocore.config import Config

CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=32,
)
"""Short timeouts, so that a function has time left to report a failure; as many connections as
threads use."""
