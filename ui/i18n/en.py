"""English sentences, grouped by screen."""

TEXTS: dict[str, str] = {
    # page
    "page.title": "OBIM Studio",
    "page.purpose": "Merge fine-tuned language models step by step, and see what each one brings.",
    "page.language": "Language",
    "page.light_dark": "Light / dark",
    "page.next": "Next",
    "page.back": "Back",
    "page.copy": "Copy",
    "page.copied": "Copied",
    "page.table": "Show as table",
    # stepper
    "stepper.label": "Steps",
    "stepper.models": "Models",
    "stepper.saliency": "Saliency",
    "stepper.merge": "Merge",
    "stepper.evaluate": "Evaluate",
    "stepper.export": "Export",
    "stepper.locked": "locked",
    "stepper.ready": "ready",
    "stepper.done": "done",
}
