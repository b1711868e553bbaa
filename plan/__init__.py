"""Facts and needs become a plan for two days and a grant for this second."""
