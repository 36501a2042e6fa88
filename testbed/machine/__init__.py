"""This machine: ports, processes, files, the cache. Nothing about AWS or a project."""
