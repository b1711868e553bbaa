"""How it looks: pure render functions, and the one module that draws."""
