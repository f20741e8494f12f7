"""What the functions cost: start, time, memory, calls and capacity units. Measured, never asserted."""

import logging
import os

# Read when the layer is imported; what the functions log and count is not what is measured here.
os.environ |= {
    "POWERTOOLS_METRICS_NAMESPACE": "Bench",
    "POWERTOOLS_METRICS_DISABLED": "true",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
}
logging.getLogger("werkzeug").setLevel(logging.WARNING)
