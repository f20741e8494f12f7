"""What the functions cost: start, time, memory, calls and capacity units. Measured, never asserted."""
