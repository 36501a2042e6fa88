"""The error for invalid schedule expressions."""


class InvalidExpression(ValueError):
    """Raised for an expression that AWS rejects; the message starts with the invalid part."""
