"""AWS's quotas and value limits, which LocalStack does not enforce.

Without them, the first deployment to AWS or the first large message fails there. Each module
enforces the limits of one service and links to AWS's pages that document them.
"""
