"""Everything that knows Mux: its HTTP API, its webhooks, its URLs, and the tag we leave with it."""
