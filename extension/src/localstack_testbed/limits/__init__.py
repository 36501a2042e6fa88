"""What AWS refuses because it is too large, too long, too many or out of range.

LocalStack accepts much of it, and the first deployment to AWS, or the first large message, fails.
Each module has the limits of one service, with the pages that say them.
"""
