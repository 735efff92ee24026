"""What ends a job with a line for its user instead of a traceback."""


class ScaleError(Exception):
    """Its text is one line: what went wrong, and with what."""


class ProgramFailure(ScaleError):
    """snat-audit, or a helper of it, did not end well. In a task Spark tries that task again."""


class CopyFailure(ScaleError):
    """A capture could not be brought from another file system."""
