"""What takes more than one system: a Mux call and the writes around it, in the order that loses nothing."""
