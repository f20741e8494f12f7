"""Who signs people in: the issuer that is named, or else a user pool of the stack's own with safe settings."""

from pathlib import Path
from typing import Any

import pytest

from local.intrinsics import Resolver, read
from local.refresh_tokens import GRACE_SECONDS
from local.template import Template as Stack
from tests.template.document import ROOT, Template, of_type

OWN = ["UserPool", "UserPoolClient", "UserPoolDomain", "SignInStyle", "UserPoolAdmins"]
ORIGINS = {"AllowedOrigins": "https://www.example.com,http://localhost:8080"}
ISSUER = {"JwtIssuer": "https://login.example.com/", "JwtAudience": "site,app"}


def resolver(**parameters: str) -> Resolver:
    document = read((ROOT / "template.yaml").read_text(encoding="utf-8"))
    return Resolver(document, ORIGINS | parameters | {"AWS::Region": "eu-central-1"}, {"UserPool": "eu-central-1_pool"})


def test_the_users_of_a_named_issuer_need_no_pool(sam: Template) -> None:
    authorizer = Stack.load(Path(ROOT, "template.yaml"), ORIGINS | ISSUER).authorizers["Jwt"]
    assert (authorizer.issuer, authorizer.audience) == ("https://login.example.com/", ("site", "app"))
    for name in OWN:
        assert sam["Resources"][name]["Condition"] == "MakesUserPool"
    assert not resolver(**ISSUER).resolve({"Condition": "MakesUserPool"})


def test_without_an_issuer_tokens_of_the_stacks_own_pool_and_client_are_taken() -> None:
    authorizer = Stack.load(
        Path(ROOT, "template.yaml"),
        ORIGINS | {"AWS::Region": "eu-central-1"},
        {"UserPool": "eu-central-1_pool", "UserPoolClient": "client"},
    ).authorizers["Jwt"]
    assert authorizer.issuer == "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_pool"
    assert authorizer.audience == ("client",)
    assert resolver().resolve({"Condition": "MakesUserPool"})


def test_an_issuer_without_an_audience_is_refused(sam: Template) -> None:
    rule = sam["Rules"]["AudienceOfAnIssuer"]
    assert rule["RuleCondition"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "JwtIssuer"}, ""]}]}
    (assertion,) = rule["Assertions"]
    assert assertion["Assert"] == {"Fn::Not": [{"Fn::Contains": [{"Ref": "JwtAudience"}, ""]}]}


def test_the_pool_and_its_users_outlive_mistakes(deployed: Template) -> None:
    pool = deployed["Resources"]["UserPool"]
    assert (pool["DeletionPolicy"], pool["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert pool["Properties"]["DeletionProtection"] == "ACTIVE"


def test_nobody_signs_up_unless_the_operator_says_so(sam: Template) -> None:
    assert sam["Parameters"]["SelfSignUp"]["Default"] == "false"
    wanted = sam["Resources"]["UserPool"]["Properties"]["AdminCreateUserConfig"]
    assert resolver().resolve(wanted) == {"AllowAdminCreateUserOnly": True}
    assert resolver(SelfSignUp="true").resolve(wanted) == {"AllowAdminCreateUserOnly": False}


def test_the_page_gets_tokens_by_code_only_and_learns_nothing_about_users(deployed: Template) -> None:
    (client,) = of_type(deployed, "AWS::Cognito::UserPoolClient").values()
    assert client["GenerateSecret"] is False
    assert client["AllowedOAuthFlows"] == ["code"], "no implicit flow: tokens in URLs end up in histories"
    assert client["ExplicitAuthFlows"] == ["ALLOW_USER_SRP_AUTH"], "no password is sent as it is"
    assert client["PreventUserExistenceErrors"] == "ENABLED"


def test_refresh_tokens_rotate_and_can_be_revoked(deployed: Template) -> None:
    """Cognito refuses a client with both rotation and ALLOW_REFRESH_TOKEN_AUTH, which its API for passwords uses."""
    (client,) = of_type(deployed, "AWS::Cognito::UserPoolClient").values()
    assert client["RefreshTokenRotation"] == {"Feature": "ENABLED", "RetryGracePeriodSeconds": GRACE_SECONDS}
    assert "ALLOW_REFRESH_TOKEN_AUTH" not in client["ExplicitAuthFlows"]
    assert client["EnableTokenRevocation"] is True


def test_a_password_is_long(deployed: Template) -> None:
    (pool,) = of_type(deployed, "AWS::Cognito::UserPool").values()
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] >= 12


@pytest.mark.parametrize("urls", ["CallbackURLs", "LogoutURLs"])
def test_people_come_back_to_the_sites_or_to_the_pages_that_are_named(sam: Template, urls: str) -> None:
    wanted: Any = sam["Resources"]["UserPoolClient"]["Properties"][urls]
    assert resolver().resolve(wanted) == [f"{origin}/" for origin in ORIGINS["AllowedOrigins"].split(",")]
    named = "https://www.example.com/videos/"
    assert resolver(SignInCallbackUrls=named).resolve(wanted) == [named]


def test_administrators_are_the_group_that_the_functions_ask_for(sam: Template) -> None:
    assert sam["Resources"]["UserPoolAdmins"]["Properties"]["GroupName"] == {"Ref": "AdminGroup"}
    assert sam["Parameters"]["GroupsClaim"]["Default"] == "cognito:groups"


def test_the_site_is_told_what_it_needs(deployed: Template) -> None:
    outputs = deployed["Outputs"]
    for name in ("SignInIssuer", "SignInClientId", "SignInUrl", "UserPoolId"):
        assert outputs[name]["Condition"] == "MakesUserPool"
    issuer = of_type(deployed, "AWS::ApiGatewayV2::Api")["HttpApi"]["Body"]["components"]["securitySchemes"]["Jwt"]
    configured = issuer["x-amazon-apigateway-authorizer"]["jwtConfiguration"]["issuer"]
    assert outputs["SignInIssuer"]["Value"] == configured["Fn::If"][1]
    domain = deployed["Resources"]["UserPoolDomain"]["Properties"]["Domain"]
    assert outputs["SignInUrl"]["Value"]["Fn::Sub"][1] == {"Prefix": domain}
