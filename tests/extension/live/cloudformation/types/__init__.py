"""One module a service: examples of each resource type, from which the tests are made."""
