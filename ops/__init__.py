"""Tools of an operator for a stack that is deployed. Only `erase` changes anything, and only once it is confirmed."""

import os

# The layer's metrics are a function's; these names only have to be there.
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "MuxLifecycle")
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "ops")
