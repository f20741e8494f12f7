"""How many examples: a few, always the same, unless `--hypothesis-profile=long` asks for more and for new ones."""

from hypothesis import settings

settings.register_profile("long", max_examples=500, stateful_step_count=60, deadline=None, print_blob=True)
