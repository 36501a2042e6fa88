"""How text is shown at a terminal and read from it."""
