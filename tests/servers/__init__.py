"""Real servers on loopback for the tests: each can behave, and each can misbehave on purpose."""
