"""Sample events of Lambda's event sources, with the structure that AWS documents."""
