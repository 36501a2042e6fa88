"""The command ``testbed demo``: the pipeline at work while a website fails and recovers."""
