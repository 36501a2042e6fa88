"""What is wrong with an expression."""


class InvalidExpression(ValueError):
    """AWS refuses the expression; the message begins with the part that is wrong."""
