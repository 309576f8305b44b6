"""Where runs are trained: processes that each advance many runs at once.

`server` is what the web process imports, `inside` what only a worker process does (it loads
torch), and `protocol` is the language between them. Neither side imports the other.
"""
