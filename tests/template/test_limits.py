"""Nobody can spend without a limit: defaults, what open sign-up demands, and who may import from URLs."""

import pytest

from bench import worst_day
from local.intrinsics import Resolver, read
from tests.template.document import ROOT, Template
from tests.world import NO_LIMITS

PARAMETERS = {"AllowedOrigins": "https://www.example.com"}


def resolver(**parameters: str) -> Resolver:
    return Resolver(read((ROOT / "template.yaml").read_text(encoding="utf-8")), PARAMETERS | parameters, {})


def refusals(sam: Template, **parameters: str) -> list[str]:
    """What CloudFormation would say to these parameters."""
    rule, look = sam["Rules"]["SignUpWithinLimits"], resolver(**parameters)
    if not look.resolve(rule["RuleCondition"]):
        return []
    return [each["AssertDescription"] for each in rule["Assertions"] if not look.resolve(each["Assert"])]


@pytest.mark.parametrize("name", NO_LIMITS)
def test_every_limit_is_above_zero_unless_an_operator_says_0(sam: Template, name: str) -> None:
    parameter = sam["Parameters"][name]
    assert parameter["Default"] > 0
    assert parameter["MinValue"] == 0


@pytest.mark.parametrize("name", NO_LIMITS)
def test_open_sign_up_without_a_limit_is_refused(sam: Template, name: str) -> None:
    [said] = refusals(sam, SelfSignUp="true", **{name: "0"})
    assert f"{name} must be above 0" in said
    assert not refusals(sam, SelfSignUp="true", **{name: "1"})
    assert not refusals(sam, SelfSignUp="false", **{name: "0"})


def test_open_sign_up_with_the_defaults_is_allowed(sam: Template) -> None:
    assert not refusals(sam, SelfSignUp="true")


@pytest.mark.parametrize(
    ("imports", "sign_up", "allowed"),
    [
        ("automatic", "false", "ENABLED"),
        ("automatic", "true", "DISABLED"),
        ("ENABLED", "true", "ENABLED"),
        ("DISABLED", "false", "DISABLED"),
    ],
)
def test_where_anybody_may_sign_up_imports_from_urls_are_off_until_switched_on(
    sam: Template, imports: str, sign_up: str, allowed: str
) -> None:
    variables = sam["Resources"]["CreateAssetFunction"]["Properties"]["Environment"]["Variables"]
    look = resolver(UrlImports=imports, SelfSignUp=sign_up)
    assert look.resolve(variables["URL_IMPORTS"]) == allowed


def test_the_templates_defaults_cost_less_than_20_dollars_a_day(sam: Template) -> None:
    """With calls a little dearer than they were measured (tests/unit/test_costs.py measures them)."""
    calls = worst_day.Calls(upload=0.0001, refused_delivery=0.0000025, gallery_page=0.0000096, list_call=0.0)
    assert sum(worst_day.items(worst_day.Allowed.by(sam), calls).values()) < 20
