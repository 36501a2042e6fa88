"""The ``process`` Lambda executor: execution environments are processes of this machine."""
