"""The page: a viewer of runs. No algorithm, no tensor arithmetic, no model in its memory."""
