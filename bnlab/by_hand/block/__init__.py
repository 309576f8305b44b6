"""A block of activations and one element of it: what each norm averages there, and its result."""
