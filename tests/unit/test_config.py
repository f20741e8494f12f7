"""Configuration is complete or refused, with names that tell the operator what to do."""

import re
from typing import Any

import pytest

from mux_lifecycle import config
from mux_lifecycle.errors import ConfigurationError
from tests.world import NO_LIMITS, template_document


@pytest.mark.parametrize(
    ("group", "name"),
    [
        (config.TableConfig, "TABLE_NAME"),
        (config.MuxConfig, "MUX_TOKEN_SECRET_ARN"),
        (config.WebhookConfig, "MUX_WEBHOOK_SECRET_ARN"),
        (config.StackConfig, "STACK_TAG"),
        (config.OriginConfig, "ALLOWED_ORIGINS"),
    ],
)
@pytest.mark.parametrize("env", [{}, {"": "x"}, None], ids=["nothing", "something else", "empty"])
def test_what_is_required_is_named(group: Any, name: str, env: dict[str, str] | None) -> None:
    with pytest.raises(ConfigurationError) as raised:
        group.from_env({name: ""} if env is None else env)
    assert raised.value.messages == [f"missing environment variables: {name}"]


def test_everything_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(ConfigurationError, match=r"^missing environment variables: A, C$"):
        config._required({"B": "b", "C": ""}, "A", "B", "C")
    assert config._required({"B": "b", "A": "a"}, "A", "B") == ["a", "b"]


def test_mux() -> None:
    env = {"MUX_TOKEN_SECRET_ARN": "arn"}
    assert config.MuxConfig.from_env(env) == config.MuxConfig("https://api.mux.com", "arn", "")
    env |= {"MUX_API_URL": "http://127.0.0.1:8001/", "MUX_ENVIRONMENT_ID": "k3v9zq"}
    assert config.MuxConfig.from_env(env) == config.MuxConfig("http://127.0.0.1:8001", "arn", "k3v9zq")
    assert config.MuxConfig.from_env(env | {"MUX_API_URL": ""}).api_url == "https://api.mux.com"


def test_webhook_and_table() -> None:
    env = {"MUX_WEBHOOK_SECRET_ARN": "arn", "TABLE_NAME": "records"}
    assert config.WebhookConfig.from_env(env) == config.WebhookConfig("arn", "")
    assert config.WebhookConfig.from_env(env | {"MUX_ENVIRONMENT_ID": "k3v9zq"}).environment_id == "k3v9zq"
    assert config.TableConfig.from_env(env).name == "records"


@pytest.mark.parametrize("tag", ["v", "videos", "my-stack_1.2", "s" * 32, "!~"])
def test_a_stack_tag(tag: str) -> None:
    assert config.StackConfig.from_env({"STACK_TAG": tag}).tag == tag


def test_a_derived_tag_is_one_and_tells_its_stack() -> None:
    stacks = {
        f"{account}/{region}/{name}": name
        for account in ("123456789012", "210987654321")
        for region in ("eu-central-1", "us-east-1")
        for name in ("videos", "Videos", "videos-", "v", "a-stack-with-a-very-long-name-" * 4, "123456789012/eu"[13:])
    }
    made = {text: config.StackConfig.from_env({"STACK_TAG": text}) for text in stacks}
    assert len({found.tag for found in made.values()}) == len(stacks), "no two stacks have the same"
    for text, found in made.items():
        assert found.derived
        assert re.fullmatch("[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", found.tag)
        assert found.tag.startswith(stacks[text].lower()[:15].strip("-"))
        assert config.StackConfig.from_text(text) == found, "it is the same when the stack is made again"
    assert made["123456789012/eu-central-1/videos"].tag == "videos-293147a4a9bab6f2"


@pytest.mark.parametrize("text", ["/", "a/b", "a/b/c/d", "a//c", "//", "123456789012/eu-central-1/"])
def test_parts_of_a_name_make_no_tag(text: str) -> None:
    with pytest.raises(ConfigurationError, match="STACK_TAG must be a tag, or ACCOUNT/REGION/NAME of the stack"):
        config.StackConfig.from_env({"STACK_TAG": text})


@pytest.mark.parametrize("tag", ["s" * 33, "a#b", "#", "a b", " ", "ä", "a\n", "a\x7f", "\t"])
def test_no_stack_tag(tag: str) -> None:
    with pytest.raises(ConfigurationError, match="STACK_TAG must be 1 to 32 visible ASCII characters without # and /"):
        config.StackConfig.from_env({"STACK_TAG": tag})


def test_origins_keep_their_order() -> None:
    allowed = config.OriginConfig.from_env({"ALLOWED_ORIGINS": " https://b.example ,,https://a.example,"}).allowed
    assert allowed == ("https://b.example", "https://a.example")


@pytest.mark.parametrize("text", ["*", "https://a.example,*", " * ", ",", " , ", " "])
def test_a_wildcard_or_nothing_is_no_list_of_origins(text: str) -> None:
    with pytest.raises(ConfigurationError, match="ALLOWED_ORIGINS must list exact origins"):
        config.OriginConfig.from_env({"ALLOWED_ORIGINS": text})


def test_defaults_of_what_an_operator_may_leave_out() -> None:
    for env in ({}, dict.fromkeys(("GROUPS_CLAIM", "ADMIN_GROUP", "PLAYBACK_POLICY", "VIDEO_QUALITY"), "")):
        assert config.AdminConfig.from_env(env) == config.AdminConfig("cognito:groups", "admin")
        assert config.AssetConfig.from_env(env) == config.AssetConfig("signed", "basic", "1080p", 7200)
        assert config.QuotaConfig.from_env(env) == config.QuotaConfig(5, 100, 20, 3)
        assert config.TotalConfig.from_env(env) == config.TotalConfig(25, 10, 6000)
        assert config.UploadConfig.from_env(env).timeout_seconds == 3600
        assert config.AwsConfig.from_env(env).call_attempts == 2


def test_imports_from_urls_are_on_or_off_and_nothing_else() -> None:
    assert config.ImportConfig.from_env({"URL_IMPORTS": "ENABLED"}).allowed
    assert not config.ImportConfig.from_env({"URL_IMPORTS": "DISABLED"}).allowed
    for text in ("", "true", "enabled", "0"):
        with pytest.raises(ConfigurationError, match="URL_IMPORTS"):
            config.ImportConfig.from_env({"URL_IMPORTS": text})


def test_without_a_variable_the_limit_is_that_of_the_template() -> None:
    """A function that lacks one must not take that for "any number"."""
    parameters = template_document()["Parameters"]
    defaults = {name: parameters[name]["Default"] for name in NO_LIMITS}
    quotas, totals = config.QuotaConfig.from_env({}), config.TotalConfig.from_env({})
    assert all(defaults.values())
    assert [*quotas, config.AssetConfig.from_env({}).max_duration_seconds, *totals] == list(defaults.values())


def test_what_an_operator_says_is_taken() -> None:
    env = {
        *(
            ("GROUPS_CLAIM", "roles"),
            ("ADMIN_GROUP", "staff"),
            ("PLAYBACK_POLICY", "public"),
            ("VIDEO_QUALITY", "plus"),
        ),
        *(("MAX_RESOLUTION_TIER", "2160p"), ("UPLOAD_TIMEOUT_SECONDS", "60"), ("AWS_CALL_ATTEMPTS", "1")),
        *(("MAX_OPEN_UPLOADS_PER_OWNER", "1"), ("MAX_ASSETS_PER_OWNER", "2"), ("MAX_UPLOADS_PER_DAY_PER_OWNER", "3")),
        *(("MAX_EXTRAS_PER_DAY_PER_OWNER", "4"), ("MAX_UPLOADS_PER_DAY", "5"), ("MAX_EXTRAS_PER_DAY", "6")),
        *(("MAX_STORED_MINUTES", "7"), ("MAX_DURATION_SECONDS", "600")),
    }
    assert config.AdminConfig.from_env(dict(env)) == config.AdminConfig("roles", "staff")
    assert config.AssetConfig.from_env(dict(env)) == config.AssetConfig("public", "plus", "2160p", 600)
    assert config.QuotaConfig.from_env(dict(env)) == config.QuotaConfig(1, 2, 3, 4)
    assert config.TotalConfig.from_env(dict(env)) == config.TotalConfig(5, 6, 7)
    assert config.UploadConfig.from_env(dict(env)).timeout_seconds == 60
    assert config.AwsConfig.from_env(dict(env)).call_attempts == 1


NUMBERS: list[tuple[Any, str, int, int]] = [
    (config.UploadConfig, "UPLOAD_TIMEOUT_SECONDS", 60, 604_800),
    (config.AwsConfig, "AWS_CALL_ATTEMPTS", 1, 3),
    (config.AssetConfig, "MAX_DURATION_SECONDS", 0, 86_400),
    (config.QuotaConfig, "MAX_OPEN_UPLOADS_PER_OWNER", 0, 1000),
    (config.QuotaConfig, "MAX_ASSETS_PER_OWNER", 0, 1000),
    (config.QuotaConfig, "MAX_UPLOADS_PER_DAY_PER_OWNER", 0, 1000),
    (config.QuotaConfig, "MAX_EXTRAS_PER_DAY_PER_OWNER", 0, 1000),
    (config.TotalConfig, "MAX_UPLOADS_PER_DAY", 0, 5000),
    (config.TotalConfig, "MAX_EXTRAS_PER_DAY", 0, 5000),
    (config.TotalConfig, "MAX_STORED_MINUTES", 0, 100_000_000),
]


@pytest.mark.parametrize(("group", "name", "lowest", "highest"), NUMBERS)
def test_numbers_have_limits(group: Any, name: str, lowest: int, highest: int) -> None:
    for number in (lowest, highest):
        assert group.from_env({name: str(number)})
    for text in (
        str(lowest - 1),
        str(highest + 1),
        f"0{highest}",
        "00",
        "0.0",
        "-60",
        "60.0",
        "1e3",
        "²",
        "１００",
        "x",
        " 60",
        "9" * 5000,
    ):
        with pytest.raises(ConfigurationError, match=f"{name} must be a whole number from {lowest} to {highest}"):
            group.from_env({name: text})


def test_setup() -> None:
    env = {"WEBHOOK_URL": "https://api.example.com/webhooks/mux"}
    assert config.SetupConfig.from_env(env) == config.SetupConfig(env["WEBHOOK_URL"], manual=False, rotation_days=0)
    env |= {"MUX_SETUP": "manual", "ROTATION_DAYS": "90"}
    assert config.SetupConfig.from_env(env) == config.SetupConfig(env["WEBHOOK_URL"], manual=True, rotation_days=90)
    with pytest.raises(ConfigurationError, match="ROTATION_DAYS"):
        config.SetupConfig.from_env(env | {"ROTATION_DAYS": "-1"})
