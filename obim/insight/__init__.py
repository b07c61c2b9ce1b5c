"""How far the numbers of saliency can be trusted. It reads, and merges nothing."""
