"""The command ``up``: deployment of the pipeline, and checks of a website."""
