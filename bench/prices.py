"""What AWS, Mux and others ask for, in US dollars, as read on the days named; `bench.costs` computes with it.

Region us-east-1 (N. Virginia). AWS's other regions differ by up to a third.
"""

from typing import Final

REGION: Final = "us-east-1"

SOURCES: Final = (
    ("Lambda, arm64", "aws.amazon.com/lambda/pricing", "2026-05-11"),
    ("API Gateway, HTTP API", "aws.amazon.com/api-gateway/pricing", "2026-09-08"),
    ("DynamoDB, on demand", "aws.amazon.com/dynamodb/pricing/on-demand", "2026-07-30"),
    ("CloudWatch", "aws.amazon.com/cloudwatch/pricing", "2026-06-18"),
    ("Secrets Manager, data transfer, Fargate, load balancer", "aws.amazon.com/pricing", "2026"),
    ("EventBridge, DynamoDB Streams", "aws.amazon.com/eventbridge/pricing", "2026-11-22"),
    ("Mux Video", "mux.com/pricing/video", "2026-05-25"),
    ("Mux Video, by resolution; a month at least", "mux.com/docs/pricing/video", "2026-10-04"),
    ("Cloudflare Stream", "developers.cloudflare.com/stream/pricing", "2026-07-11"),
)
"""What, where it is published, and the day on which somebody quoted it: read it again before you rely on it."""

MILLION: Final = 1_000_000
HOURS_A_MONTH: Final = 730

LAMBDA_REQUEST: Final = 0.20 / MILLION
LAMBDA_GB_SECOND: Final = 0.0000133334
HTTP_API_REQUEST: Final = 1.00 / MILLION
WRITE_UNIT: Final = 0.625 / MILLION
READ_UNIT: Final = 0.125 / MILLION
TABLE_GB_MONTH: Final = 0.25
RECOVERY_GB_MONTH: Final = 0.20
STREAM_READ: Final = 0.02 / 100_000
LOG_GB: Final = 0.50
TRANSFER_GB: Final = 0.09
METRIC_MONTH: Final = 0.30
ALARM_METRIC_MONTH: Final = 0.10
DASHBOARD_MONTH: Final = 3.00
SECRET_MONTH: Final = 0.40
PIPE_REQUEST: Final = 0.40 / MILLION
BUS_EVENT: Final = 1.00 / MILLION
SCHEDULE_START: Final = 1.00 / MILLION

FREE_ALARM_METRICS: Final = 10
FREE_METRICS: Final = 10
FREE_DASHBOARDS: Final = 3
FREE_STREAM_READS: Final = 2_500_000

FARGATE_CPU_HOUR: Final = 0.04048
FARGATE_GB_HOUR: Final = 0.004445
LOAD_BALANCER_HOUR: Final = 0.0225

MUX_STORED_MINUTE_MONTH: Final = 0.0024
MUX_STORED_MINUTE_MONTH_BY_TIER: Final = {"1080p": 0.0030, "1440p": 0.0060, "2160p": 0.0120}
"""Quality `basic`, which is billed for a month at least. Nobody quoted 1440p and 2160p: twice and four times that."""
MUX_ENCODED_MINUTE: Final = {"basic": 0.0, "plus": 0.0384, "premium": 0.0384}
"""The highest that was quoted for any quality above `basic`."""
MUX_DELIVERED_MINUTE: Final = 0.0008
MUX_FREE_DELIVERED_MINUTES: Final = 100_000

CLOUDFLARE_STORED_MINUTE_MONTH: Final = 5 / 1000
CLOUDFLARE_DELIVERED_MINUTE: Final = 1 / 1000
