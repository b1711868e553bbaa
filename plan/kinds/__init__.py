"""How each kind of asset enters the plan: its columns in the program, and its place without one."""
