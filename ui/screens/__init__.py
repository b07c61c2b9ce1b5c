"""One file a screen: its layout, its wiring, and what its controls do to session and run."""
