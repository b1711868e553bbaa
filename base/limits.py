"""Limits that every room shares: stale age, minimum current of a car, meter's limiter."""

STALE_S = 10.0
"""A reading, a message or a grant older than this no longer counts."""
LEAST_A = 6.0
"""A car charges from 6 A up; below there is only a pause. Source: IEC 61851."""
VOLT = 230.0
"""Phase to neutral, V."""
NOT_A_LIMIT_A, NOT_A_LIMIT_KW = 200.0, 90.0
"""A meter whose limiter is off sends a value from here up: no real limit."""
