"""The ops: every file holds forwards with their local rules underneath."""
