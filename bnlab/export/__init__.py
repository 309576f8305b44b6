"""Results as files: CSV, JSON, an HTML report, a PyTorch script."""
