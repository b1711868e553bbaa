"""What the household is told on its telephone: each cause once, and how it is sent."""
