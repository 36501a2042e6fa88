"""This machine: ports, processes, files, websites and the cache; without AWS and projects."""
