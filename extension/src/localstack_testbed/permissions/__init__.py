"""IAM enforcement: LocalStack denies requests that no policy allows, as AWS does.

``policies``, ``conditions`` and ``evaluation`` implement AWS's rules, independently of LocalStack.
``principals``, ``actions`` and ``resource_policies`` translate a request to LocalStack into their
terms. ``enforcement`` evaluates each request, ``denials`` builds the error responses, and ``usage``
counts the decisions.

Setting: ``ENFORCE_IAM`` (``1`` enables it; LocalStack's paid edition has the same setting).
"""
