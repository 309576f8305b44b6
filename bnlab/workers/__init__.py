"""Where runs are trained: processes that each advance many runs at once.

The web process imports `local`, `estimates`, `commands`, `queries` and what they need; only the
worker process itself imports `worker`, `active`, `race`, `sweep`, `timing`, `computing`, `answers`,
`kept` and `warming`, which need torch.
"""
