"""A pytest plugin: the same few examples for every change, and a failing one is not made smaller for a reader."""

from hypothesis import Phase, settings

settings.register_profile(
    "mutation", max_examples=25, phases=[Phase.explicit, Phase.generate], derandomize=True, deadline=None, database=None
)
settings.load_profile("mutation")
