"""AWS's resource schemas."""
