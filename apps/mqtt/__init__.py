"""The house on an MQTT broker: Home Assistant, evcc, and whoever else listens there."""
