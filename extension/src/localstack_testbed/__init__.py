"""An extension of LocalStack: Lambda functions without Docker, and AWS's behavior.

``registration`` lists everything that it does; ``README.md`` describes the packages.
"""
