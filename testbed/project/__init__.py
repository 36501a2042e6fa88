"""The project's files on disk: SAM's configuration, the template, and overrides of both."""
