"""IAM enforced: a call is carried out only if policies allow it, as on AWS.

``policies``, ``conditions`` and ``evaluation`` are AWS's rules and know nothing of LocalStack.
``principals``, ``actions`` and ``resource_policies`` say what a request to LocalStack is in their
terms, ``enforcement`` joins the two, ``refusals`` words the answers, and ``usage`` counts.

Setting: ``ENFORCE_IAM`` (``1`` switches it on; LocalStack's paid edition names it so, too).
"""
