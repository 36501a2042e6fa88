"""This machine: ports, processes, files and the cache; without AWS and projects."""
