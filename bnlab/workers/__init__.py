"""Where runs are trained: processes that each advance many runs at once.

The web process imports `local`, `commands` and `queries`; only the worker process itself imports
`worker`, `active` and `race`, which need torch.
"""
