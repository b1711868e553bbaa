"""The house on an MQTT broker: Home Assistant, evcc, and others that listen there."""
