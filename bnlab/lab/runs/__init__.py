"""What is known about runs: their records, frames and curves."""
