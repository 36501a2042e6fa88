"""How the extension attaches to LocalStack: patches, settings and error responses."""
