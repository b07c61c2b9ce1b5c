"""Optimal Brain Iterative Merging: the engine, without a page."""
