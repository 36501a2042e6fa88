"""An extension of LocalStack: Lambda functions without Docker, and fixes of what AWS does otherwise.

``registration`` lists everything that it does; ``README.md`` describes the packages.
"""
