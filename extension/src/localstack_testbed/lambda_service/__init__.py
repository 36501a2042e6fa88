"""The Lambda service around the executor, where LocalStack does otherwise than AWS."""
