"""The built functions beside what one would build instead: a plain build of the same code, and a Node.js bundle."""
