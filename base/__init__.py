"""The ground floor, which every room uses. It imports nothing of ours."""
