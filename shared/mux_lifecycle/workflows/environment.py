"""Whether the Mux token belongs to the environment this stack was made for: only there a 404 means gone."""

from mux_lifecycle.errors import LifecycleError, TemporarilyUnavailable, WrongEnvironment
from mux_lifecycle.mux.client import MuxClient


class Environment:
    """`expected` is the id of the stack's Mux environment, `""` when the operator named none."""

    def __init__(self, mux: MuxClient, expected: str) -> None:
        self._mux = mux
        self._expected = expected

    def confirm(self) -> None:
        """Raise WrongEnvironment unless Mux knows the token, and for the expected environment.

        When Mux cannot be asked now, that error passes through: it is no proof either way.
        """
        try:
            found = self._mux.environment_id()
        except TemporarilyUnavailable:
            raise
        except LifecycleError as error:
            raise WrongEnvironment("the Mux environment could not be confirmed") from error
        if self._expected and found != self._expected:
            raise WrongEnvironment("the Mux token belongs to another environment")
