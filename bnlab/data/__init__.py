"""Data sets and the order of minibatches (scikit-learn: workers only)."""
