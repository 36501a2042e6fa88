"""How the extension attaches to LocalStack: patches, hooks, settings and error responses."""
