"""The CloudFormation API."""
