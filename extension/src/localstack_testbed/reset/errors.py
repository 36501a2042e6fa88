"""What can prevent a reset."""


class ResetError(Exception):
    """Raised if a state cannot be saved or restored; the message says why, and what to do."""


class UnknownStateError(Exception):
    """Raised if there is no saved state with a name."""
