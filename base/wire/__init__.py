"""The websocket's parts: who may come in, a line that never waits, a client that reconnects."""
