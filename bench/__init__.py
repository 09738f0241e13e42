"""The benchmark behind `make bench`: ratios between our training and the original recipe, PyTorch, and a plain loop."""
