"""Many networks trained as one computation: `plan` (no torch) and, with torch, `train`."""
