"""CloudFormation, where LocalStack does otherwise than AWS, or waits for nothing."""
