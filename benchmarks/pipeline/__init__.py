"""The command ``up``: the pipeline, from nothing to its deployment and from a check to the API."""
