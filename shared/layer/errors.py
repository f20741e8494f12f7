"""What a build stops for."""


class MovedError(Exception):
    """A package is not what this build was written for: something is not where, or what, it was."""
