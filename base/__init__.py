"""Ground floor of every program: messages, settings, HTTP client, daemon, websocket parts."""
