"""Day-ahead prices of the Belgian market: parsers and policy here, the web in fetch and service."""
