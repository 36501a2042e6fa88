"""CloudFormation's API, templates, engine and resource types, in place of LocalStack's."""
