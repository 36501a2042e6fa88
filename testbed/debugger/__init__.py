"""The connection between an IDE and the process of a function that is being debugged."""
