"""Resource types, by service."""
