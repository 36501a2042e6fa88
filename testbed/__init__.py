"""Build, test and teach an AWS serverless pipeline without an AWS account."""
