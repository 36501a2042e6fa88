"""README and docs: every command is run or parsed, every claim leads to what shows it."""
