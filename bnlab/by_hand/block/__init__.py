"""A block of activations and one of its elements: what each norm averages, and the result."""
