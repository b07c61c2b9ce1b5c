"""The errors a user can be shown. It holds no logic beyond the tree itself.

ObimError                 one clear sentence: what is wrong and what to do
├── ModelError            a model or adapter folder can't be used as it is
│   ├── ModelNotFound     nothing usable at that place
│   └── Incompatible      base and donor can't be merged with each other
├── RecipeError           a recipe or a setting is out of range, misspelt or contradictory
├── CalibrationError      calibration texts are missing, empty or unreadable
├── EvaluationError       an evaluation set is missing, empty or unreadable
├── RunError              a run folder is missing, damaged, or not in the state the job needs
├── ExportError           the target exists, is full, read-only, or failed its check
├── WorkerError           the worker process died or does not answer
└── DemoUnavailable       the bundled demo could not be prepared
"""


class ObimError(Exception):
    """Base of every error whose text may be shown to a user."""


class ModelError(ObimError):
    """A model or adapter folder can't be used as it is."""


class ModelNotFound(ModelError):
    """Nothing usable at that place."""


class Incompatible(ModelError):
    """Base and donor can't be merged with each other."""


class RecipeError(ObimError):
    """A recipe or a setting is out of range, misspelt or contradictory."""


class CalibrationError(ObimError):
    """Calibration texts are missing, empty or unreadable."""


class EvaluationError(ObimError):
    """An evaluation set is missing, empty or unreadable."""


class RunError(ObimError):
    """A run folder is missing, damaged, or not in the state the job needs."""


class ExportError(ObimError):
    """The target exists, is full or read-only, or the written model failed its check."""


class WorkerError(ObimError):
    """The worker process died or does not answer."""


class DemoUnavailable(ObimError):
    """The bundled demo could not be prepared."""
