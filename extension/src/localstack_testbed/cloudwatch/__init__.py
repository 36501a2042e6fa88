"""CloudWatch, where LocalStack does otherwise than AWS."""
