"""Real servers for the tests, on free ports of this machine; they need no rights and leave nothing behind."""
