"""The layers of a fleet: activations, norms, networks, loss and optimizers of M networks."""
