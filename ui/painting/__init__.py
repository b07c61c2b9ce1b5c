"""What each screen's widgets show, computed from a run's picture alone. No gradio, no tensors."""
