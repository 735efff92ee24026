"""The one exception that the lab turns into a message instead of a traceback."""


class LabError(Exception):
    """Something outside the lab's code went wrong: a missing program, a failed command, a lost packet."""
