"""The upload and asset lifecycle on Mux Video: what every function of the bundle shares."""
