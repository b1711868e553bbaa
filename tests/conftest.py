"""A property fails for what is wrong, never for a machine that is busy."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "house", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")
