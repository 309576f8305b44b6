"""What is seen inside a fleet without changing it: probes, statistics, questions, folding."""
