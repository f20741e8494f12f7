"""The templates and documents that the guides have readers copy are ones that AWS takes."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.intrinsics import read
from tests.site.guide import recipe
from tests.template.document import ROOT


def cloudfront() -> dict[str, Any]:
    return read(recipe("cloudfront.yaml"))


def test_the_template_for_cloudfront_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "cloudfront.yaml"
    path.write_text(recipe("cloudfront.yaml"), encoding="utf-8")
    linted = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), path], capture_output=True, text=True, timeout=120, check=False
    )
    assert (linted.returncode, linted.stdout, linted.stderr) == (0, "", "")


def test_nothing_but_the_page_makes_another_copy_in_the_cache() -> None:
    policy = cloudfront()["Resources"]["GalleryCache"]["Properties"]["CachePolicyConfig"]
    key = policy["ParametersInCacheKeyAndForwardedToOrigin"]
    assert key["QueryStringsConfig"] == {"QueryStringBehavior": "whitelist", "QueryStrings": ["limit", "cursor"]}
    assert (key["HeadersConfig"], key["CookiesConfig"]) == ({"HeaderBehavior": "none"}, {"CookieBehavior": "none"})
    assert policy["MaxTTL"] == 60, "the gallery's max-age"


def test_only_the_gallery_is_cached_and_its_sites_are_named_by_the_cache() -> None:
    distribution = cloudfront()["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    [gallery] = distribution["CacheBehaviors"]
    assert (gallery["PathPattern"], gallery["CachePolicyId"]) == ("/gallery", {"Ref": "GalleryCache"})
    assert gallery["ResponseHeadersPolicyId"] == {"Ref": "GalleryHeaders"}
    assert "OriginRequestPolicyId" not in gallery
    assert not re.search(r"POST|PUT|PATCH|DELETE", " ".join(gallery["AllowedMethods"]))
    assert distribution["DefaultCacheBehavior"]["CachePolicyId"] != gallery["CachePolicyId"]


@pytest.fixture
def documents() -> dict[str, Any]:
    """The files that docs/deploy.md has a reader write, by name."""
    guide = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    written = re.findall(r"^cat > (\w+\.json) <<END\n(.*?)^END$", guide, re.DOTALL | re.MULTILINE)
    return {name: json.loads(text) for name, text in written}


@mock_aws
def test_the_budget_of_the_guide_is_made_and_sends_mail(documents: dict[str, Any]) -> None:
    budgets = boto3.client("budgets", region_name="us-east-1")
    budget, subscribers = documents["budget.json"], documents["subscribers.json"]
    # botocore holds both against AWS's own description.
    budgets.create_budget(AccountId="123456789012", Budget=budget, NotificationsWithSubscribers=subscribers)
    [made] = budgets.describe_budgets(AccountId="123456789012")["Budgets"]
    assert made["BudgetLimit"] == {"Amount": "20", "Unit": "USD"}
    assert {entry["Notification"]["NotificationType"] for entry in subscribers} == {"ACTUAL", "FORECASTED"}
    assert all(entry["Subscribers"][0]["SubscriptionType"] == "EMAIL" for entry in subscribers)
