"""Makes the layer's folder out of installed packages: what is used stays, compiled. Runs while `sam build` does."""
