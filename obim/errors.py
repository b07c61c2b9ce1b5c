"""The errors a user can be shown, and the sentences they hold. No logic beyond filling those in.

ObimError                 one clear sentence: what is wrong and what to do
├── ModelError            a model or adapter folder can't be used as it is
│   ├── ModelNotFound     nothing usable at that place
│   └── Incompatible      base and donor can't be merged with each other
├── RecipeError           a recipe or a setting is out of range, misspelt or contradictory
├── CalibrationError      calibration texts are missing, empty or unreadable
├── EvaluationError       an evaluation set is missing, empty or unreadable
├── RunError              a run folder is missing, damaged, or not in the state the job needs
├── ExportError           the target exists, is full, read-only, or failed its check
├── DownloadError         a model of the hub can't be downloaded
├── WorkerError           the worker process died or does not answer
└── DemoUnavailable       the bundled demo could not be prepared
"""


class Sentence(str):
    """English text that remembers what it was made of, so that it can be said in another language.

    Attributes:
        template: with ``{placeholders}``; plain text where there are no values.
        values: placeholder -> what fills it.
    """

    template: str
    values: dict[str, str | int | float]

    def __new__(cls, template: str, /, **values: object) -> "Sentence":
        """Fill the template in; a value that is neither text nor number becomes its text."""
        plain = {k: v if isinstance(v, (str, int, float)) else str(v) for k, v in values.items()}
        made = super().__new__(cls, template.format(**plain) if plain else template)
        made.template, made.values = template, plain
        return made


class ObimError(Exception):
    """Base of every error whose text may be shown to a user.

    Args:
        template: the English sentence, with ``{placeholders}`` where there are values; a literal,
            because the page looks its translation up by it.
        values: what fills the placeholders.

    Attributes:
        sentence: the text, which knows its template and values.
    """

    def __init__(self, template: str, /, **values: object) -> None:
        self.sentence = Sentence(template, **values)
        super().__init__(self.sentence)

    @property
    def template(self) -> str:
        """The English sentence, placeholders not filled."""
        return self.sentence.template

    @property
    def values(self) -> dict[str, str | int | float]:
        """Placeholder -> what fills it."""
        return self.sentence.values


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


class DownloadError(ObimError):
    """A model of the hub can't be downloaded."""


class WorkerError(ObimError):
    """The worker process died or does not answer."""


class DemoUnavailable(ObimError):
    """The bundled demo could not be prepared."""
