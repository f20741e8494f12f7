"""Tools of an operator for a stack that is deployed: they ask AWS and Mux, and change nothing."""
