"""Templates: parsing, transforms, intrinsic functions, references, validation."""
