"""torch: many networks trained as one; the training loop, layers, probes, measurements."""
