"""One layer in numpy, number by number: batch norm, its formulas, the norms of one block."""
