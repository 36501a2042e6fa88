"""The command ``deploy``: deployments of a stack that exists, with and without a change."""
