"""Cases from the field, read from the folder shared beside the project (or DM_SHARED)."""
