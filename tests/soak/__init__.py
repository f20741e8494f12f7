"""`make soak`: lives of videos under every fault at once, and the proof that nothing is lost or doubled."""

import tests.conftest  # noqa: F401 - sets the environment that the layer reads when it is imported
