"""The whole stack on a laptop: gateway, function host, Mux emulator and AWS, read from template.yaml."""
