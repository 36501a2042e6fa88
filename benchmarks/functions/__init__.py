"""The command ``lambda``: functions, made and invoked through Lambda's API and nothing else."""
