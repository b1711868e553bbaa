"""The websocket's parts: access, a connection whose writes never block, a client that
reconnects."""
