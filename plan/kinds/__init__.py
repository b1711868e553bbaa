"""Kinds of assets in the plan: columns of each in the program, and its place without one."""
