"""This machine: ports, processes, files and websites. Knows no AWS and no project."""
