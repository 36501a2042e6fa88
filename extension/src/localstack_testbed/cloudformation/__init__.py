"""CloudFormation: the API, the engine behind it, and resource types."""
