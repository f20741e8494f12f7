"""The stack that an owner is erased from: its settings, its table and its Mux, with the operator's own credentials."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from mux_lifecycle.config import MuxConfig, RouteConfig, StackConfig, TableConfig
from mux_lifecycle.errors import ConfigurationError
from mux_lifecycle.mux import transport
from mux_lifecycle.mux.client import Credentials, MuxClient
from mux_lifecycle.mux.pace import Pace
from mux_lifecycle.secrets import Secrets
from mux_lifecycle.store.table import Table
from mux_lifecycle.workflows.claims import Claim
from mux_lifecycle.workflows.environment import Environment
from ops.stack import OperatorError, Stack

SHARE: Final = 0.2
"""The share of Mux's rate limit that an erasure takes: beside cleanup and reconcile, a part is left for people."""
FUNCTION: Final = "ReconcileFunction"
"""Its settings are those of an erasure: it deletes and cancels, too, and asks Mux whose the tag is."""


@dataclass(frozen=True, slots=True)
class Target:
    """One stack. `variables` are the settings of its reconcile, `named` is how `make erase` is told of this stack."""

    name: str
    region: str
    variables: Mapping[str, str]
    dynamodb: Any
    secretsmanager: Any
    named: Mapping[str, str]

    @classmethod
    def deployed(cls, stack: Stack) -> Self:
        """A stack at AWS. Raises OperatorError when it has no reconcile."""
        function = stack.of_type("AWS::Lambda::Function").get(FUNCTION)
        if function is None:
            raise OperatorError(f"the stack {stack.name} has no {FUNCTION}: make deploy")
        settings = stack.client("lambda").get_function_configuration(FunctionName=function)
        variables = settings.get("Environment", {}).get("Variables", {})
        return cls(
            stack.name,
            stack.region,
            variables,
            stack.client("dynamodb"),
            stack.client("secretsmanager"),
            named={"STACK": stack.name, "REGION": stack.region},
        )

    @property
    def table_name(self) -> str:
        return TableConfig.from_env(self.variables).name

    @property
    def tag(self) -> str:
        """The name in this stack's tags."""
        return StackConfig.from_env(self.variables).tag

    def table(self) -> Table:
        return Table(self.dynamodb, self.table_name)

    def mux(self) -> MuxClient:
        """Mux with the stack's token, one attempt per call, within its share of the rate limit."""
        config = MuxConfig.from_env(self.variables)
        secrets = Secrets(self.secretsmanager, time.monotonic)

        def credentials(refused: Credentials | None) -> Credentials:
            token = (secrets.reread if refused else secrets.read)(config.token_secret_arn)
            token_id, token_secret = token.get("token_id"), token.get("token_secret")
            if not (isinstance(token_id, str) and isinstance(token_secret, str) and token_id and token_secret):
                raise ConfigurationError("the secret with the Mux token holds none: docs/deploy.md")
            return Credentials(token_id, token_secret)

        pace = Pace(SHARE, time.monotonic, time.sleep)
        return MuxClient(transport.pools(), config.api_url, credentials, calls=1, toll=pace)

    def claim(self, mux: MuxClient) -> Claim:
        """What tells whether another stack has this one's tag."""
        return Claim(mux, RouteConfig.from_env(self.variables).webhook_url, self.tag)

    def environment(self, mux: MuxClient) -> Environment:
        """What tells a 404 that means gone from any other."""
        return Environment(mux, MuxConfig.from_env(self.variables).environment_id)
