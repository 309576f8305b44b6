"""Where runs are trained: processes that each advance many runs at once.

The web process imports `local`, `commands` and `queries`; only the worker process itself imports
`worker`, `active`, `race`, `answers` and `kept`, which need torch.
"""
