"""Reset of LocalStack to a saved state, or to the empty one, without a restart."""
