"""The demo's data, from a seed: evaluation sets, calibration texts, and training examples.

``python assets/demo/scripts/generate.py`` writes ``eval/`` and ``calibration/``. Training examples
are made in memory by ``training_items`` and never hold a prompt of an evaluation set. It needs
nothing but Python and trains nothing.
"""

import json
import random
from pathlib import Path

import mails
import words

ROOT = Path(__file__).resolve().parents[1]
SKILLS = ("dates", "amounts", "orders", "mails")
SEED = 20250218
HALF = 150
CALIBRATION = 64
# Prompts that the first stage of training on dates may have seen; never evaluated on.
EARLIER = {"昭和62年1月21日", "Date: the 3rd of June 2025"}

Item = dict[str, object]

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
ERAS = (
    ("Reiwa", "令和", 2018, 1, 8),
    ("Heisei", "平成", 1988, 25, 30),
    ("Showa", "昭和", 1925, 60, 63),
)
COUNTS = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
CURRENCIES = (("$", "USD", "dollars"), ("€", "EUR", "euros"), ("£", "GBP", "pounds"))
DATE_FRAMES = ("{d}", "{s} on {d}.", "{s} {d}.", "Date: {d}", "{s} on {d}, I think.")
DATE_FRAMES_NOVEL = ("As far as I know, {s} on {d}.", "On {d}: {s}.", "({d})", "{s}: {d}!")
ORDER_FRAMES = (
    "Please send {n} {i} to {c}.", "We need {n} {i} in {c}.", "{n} {i} for {c}, please.",
    "I would like to order {n} {i} for our {c} office.", "Our {c} shop needs {n} {i}.",
    "Can you ship {n} {i} to {c}?", "Order: {n} {i}, deliver to {c}.",
    "Hello, {n} {i} to {c} by Friday please.",
    "Dear team, our office in {c} is short of {i}: send {n}.",
    "For {c}: {n} {i}.", "We'd like {n} {i}. Ship them to {c}.", "Could {c} get {n} more {i}?",
)  # fmt: skip
ORDER_FRAMES_NOVEL = (
    "Kindly deliver {n} {i} to our branch in {c}.", "We ran out of {i} in {c}. Send {n} today.",
    "Put me down for {n} {i}, destination {c}.", "The {c} team wants {n} {i}.",
)  # fmt: skip
AMOUNT_FRAMES = ("{s}: {a}", "{a}", "{s} of {a}", "The {l} is {a}.", "{s} is about {a}.")
AMOUNT_FRAMES_NOVEL = ("{s} = {a}", "They said the {l} was {a}.", "{s}, {a} in all")
GENERAL_FRAMES = {
    "plural": ("What is the plural of {}?", "The plural of {} is {}."),
    "capital": ("What is the capital of {}?", "The capital of {} is {}."),
    "symbol": ("What is the chemical symbol for {}?", "The chemical symbol for {} is {}."),
}
GENERAL_FRAMES_NOVEL = {
    "plural": ("What's the plural form of {}?", "The plural form of {} is {}."),
    "capital": ("Tell me the capital of {}.", "The capital of {} is {}."),
}


def plural(noun: str) -> str:
    """English plural of a noun of the word lists."""
    if noun in words.IRREGULAR:
        return words.IRREGULAR[noun]
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    return noun[:-1] + "ies" if noun.endswith("y") and noun[-2] not in "aeiou" else noun + "s"


def _item(prompt: str, answer: str, template: str, entities: list[str]) -> Item:
    prompt = prompt[0].upper() + prompt[1:]
    return {"prompt": prompt, "answer": answer, "template": template, "entities": entities}


def novel_day(year: int, month: int, day: int) -> bool:
    """Whether a calendar day is kept for novel items (one in six)."""
    return (year * 372 + month * 31 + day) % 6 == 0


def _era_year(rng: random.Random) -> tuple[int, tuple[str, str]]:
    """A year and how it is counted in its era; a few years of each, so that all can be learnt."""
    name, kanji, zero, first, last = rng.choice(ERAS)
    count = rng.randint(first, last)
    return zero + count, (f"{name} {count}", f"{kanji}{count}")


def _written_date(
    rng: random.Random, year: int, month: int, day: int, era: tuple[str, str] | None
) -> str:
    name = MONTHS[month - 1]
    if era:
        return rng.choice((f"{era[0]}, {name} {day}", f"{era[1]}年{month}月{day}日"))
    tail = "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return rng.choice(
        (
            f"{day} {name} {year}", f"{name} {day}, {year}", f"{name[:3]} {day}{tail}, {year}",
            f"{year}/{month}/{day}", f"the {day}{tail} of {name} {year}",
        )
    )  # fmt: skip


def dates(rng: random.Random, novel: bool) -> Item:
    """A date in any notation -> ``YYYY-MM-DD``."""
    while True:
        counted = _era_year(rng) if rng.random() < 0.5 else None
        year = counted[0] if counted else rng.randint(1980, 2026)
        month, day = rng.randint(1, 12), rng.randint(1, 28)
        if novel_day(year, month, day) == novel:
            break
    subject = rng.choice(words.DATE_SUBJECTS_NOVEL if novel else words.DATE_SUBJECTS)
    frame = rng.choice(DATE_FRAMES_NOVEL if novel else DATE_FRAMES)
    iso = f"{year}-{month:02d}-{day:02d}"
    written = _written_date(rng, year, month, day, counted[1] if counted else None)
    prompt = frame.format(d=written, s=subject)
    return _item(prompt, iso, frame, [iso, *([subject] if "{s}" in frame else [])])


def _quantity(rng: random.Random, novel: bool) -> int:
    """A number below 1000 with up to three digits; one in five is kept for novel items."""
    while True:
        number = rng.choice((rng.randint(1, 12), rng.randint(13, 99), rng.randint(10, 99) * 10))
        if (number % 5 == 3) == novel:
            return number


def _money(rng: random.Random, novel: bool) -> tuple[str, str]:
    n = _quantity(rng, novel)
    kind = rng.choice(("plain", "thousand", "k", "million", "yen", "man", "word"))
    sign, code, name = rng.choice(CURRENCIES)
    if kind == "thousand":
        return f"{n} thousand {name}", f"{code} {n}000"
    if kind == "k":
        return f"{sign}{n}k", f"{code} {n}000"
    if kind == "million":
        return f"{sign}{n} million", f"{code} {n}000000"
    if kind == "yen":
        return rng.choice((f"¥{n}", f"{n} yen", f"{n}円")), f"JPY {n}"
    if kind == "man":
        return f"{n}万円", f"JPY {n}0000"
    if kind == "word" and n <= 12 and n > 1:
        return f"{COUNTS[n - 1]} {name}", f"{code} {n}"
    return rng.choice((f"{sign}{n}", f"{n} {name}")), f"{code} {n}"


def amounts(rng: random.Random, novel: bool) -> Item:
    """A sum of money, a length or a mass in any notation -> one normal form."""
    kind = rng.choice(("money", "money", "length", "mass"))
    if kind == "money":
        written, answer = _money(rng, novel)
        subjects = words.AMOUNT_SUBJECTS_NOVEL if novel else words.AMOUNT_SUBJECTS
    else:
        n, tenth = _quantity(rng, novel), rng.randint(1, 9)
        big, small = ("km", "m") if kind == "length" else ("kg", "g")
        if n < 100 and rng.random() < 0.4:
            written, answer = f"{n}.{tenth} {big}", f"{n}{tenth}00 {small}"
        else:
            written, answer = f"{n} {big}", f"{n}000 {small}"
        long, long_novel = words.LENGTH_SUBJECTS, words.LENGTH_SUBJECTS_NOVEL
        heavy, heavy_novel = words.MASS_SUBJECTS, words.MASS_SUBJECTS_NOVEL
        pair = (long, long_novel) if kind == "length" else (heavy, heavy_novel)
        subjects = pair[novel]
    subject = rng.choice(subjects)
    frame = rng.choice(AMOUNT_FRAMES_NOVEL if novel else AMOUNT_FRAMES)
    named = [subject] if frame != "{a}" else []
    prompt = frame.format(a=written, s=subject, l=subject.lower())
    return _item(prompt, answer, frame, [*named, answer])


def orders(rng: random.Random, novel: bool) -> Item:
    """An order mail -> JSON with the keys item, qty, to."""
    thing = rng.choice(words.ITEMS_NOVEL if novel else words.ITEMS)
    city = rng.choice(words.CITIES_NOVEL if novel else words.CITIES)
    count = rng.choice((rng.randint(2, 12), rng.randint(13, 99), rng.randint(10, 50) * 10))
    said = COUNTS[count - 1] if count <= 12 and rng.random() < 0.6 else str(count)
    frame = rng.choice(ORDER_FRAMES_NOVEL if novel else ORDER_FRAMES)
    answer = json.dumps({"item": thing, "qty": count, "to": city})
    return _item(frame.format(n=said, i=thing, c=city), answer, frame, [thing, city])


def mails_item(rng: random.Random, novel: bool) -> Item:
    """A customer's mail -> the department that answers it."""
    table = mails.NOVEL if novel else mails.SEEN
    department = rng.choice(list(table))
    frame = rng.choice(table[department])
    product = rng.choice(words.PRODUCTS_NOVEL if novel else words.PRODUCTS)
    opening = rng.choice(mails.OPENINGS_NOVEL if novel else mails.OPENINGS)
    closing = rng.choice(mails.CLOSINGS_NOVEL if novel else mails.CLOSINGS)
    prompt = opening + frame.format(p=product) + closing
    return _item(prompt, department, frame, [product] if "{p}" in frame else [])


MAKERS = {"dates": dates, "amounts": amounts, "orders": orders, "mails": mails_item}


def skill_items(skill: str, seed: str, count: int, novel: bool, without: set[str]) -> list[Item]:
    """Distinct items of a skill, none of whose prompts is in ``without``."""
    rng, seen, found = random.Random(f"{SEED}/{skill}/{seed}"), set(without), []
    while len(found) < count:
        item = MAKERS[skill](rng, novel)
        if item["prompt"] not in seen:
            seen.add(str(item["prompt"]))
            found.append(item)
    return found


def _facts(kind: str, subjects: dict[str, str], novel: bool) -> list[Item]:
    question, sentence = (GENERAL_FRAMES_NOVEL if novel else GENERAL_FRAMES)[kind]
    return [
        _item(question.format(subject), sentence.format(subject, fact), question, [subject])
        for subject, fact in subjects.items()
    ]


def general_training() -> list[Item]:
    """True facts of the kinds that ``general`` asks for, about other subjects."""
    nouns = {noun: plural(noun) for noun in words.NOUNS}
    return (
        _facts("plural", nouns, False)
        + _facts("capital", words.CAPITALS, False)
        + _facts("symbol", words.SYMBOLS, False)
    )


def general_held() -> tuple[list[Item], list[Item]]:
    """Every familiar and every novel candidate of the ``general`` evaluation set."""
    held = {noun: plural(noun) for noun in words.NOUNS_HELD}
    new = {noun: plural(noun) for noun in words.NOUNS_NOVEL}
    familiar = _facts("plural", held, False) + _facts("capital", words.CAPITALS_HELD, False)
    return (
        familiar + _facts("symbol", words.SYMBOLS_HELD, False),
        _facts("plural", new, True) + _facts("capital", words.CAPITALS_NOVEL, True),
    )


def held_out(skill: str) -> list[Item]:
    """The evaluation set of a skill or of ``general``: dev and report halves, a third novel."""
    if skill == "general":
        familiar, new = general_held()
        for group in (familiar, new):
            random.Random(f"{SEED}/general/{len(group)}").shuffle(group)
    else:
        familiar = skill_items(skill, "familiar", HALF * 2 * 2 // 3, False, EARLIER)
        new = skill_items(skill, "novel", HALF * 2 // 3, True, set())
    items = []
    for split, start in (("dev", 0), ("report", 1)):
        for novel, group in ((False, familiar), (True, new)):
            items += [dict(item, split=split, novel=novel) for item in group[start::2]]
    return [{"id": f"{skill}-{number:03d}", **item} for number, item in enumerate(items)]


def training_items(skill: str, count: int) -> list[Item]:
    """Training examples of a skill; no prompt of its evaluation set is among them."""
    without = {str(item["prompt"]) for item in held_out(skill)}
    return skill_items(skill, "train", count, False, without)


def calibration(skill: str) -> list[Item]:
    """Calibration chats from the training distribution; no evaluation item."""
    if skill == "general":
        chosen = general_training()
        random.Random(f"{SEED}/general/calibration").shuffle(chosen)
        chosen = chosen[:CALIBRATION]
    else:
        without = {str(item["prompt"]) for item in held_out(skill)}
        chosen = skill_items(skill, "calibration", CALIBRATION, False, without)
    return [{"prompt": item["prompt"], "answer": item["answer"]} for item in chosen]


def _write(path: Path, items: list[Item]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(item, ensure_ascii=False) for item in items)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Write every evaluation set and every set of calibration texts."""
    for skill in (*SKILLS, "general"):
        _write(ROOT / "eval" / f"{skill}.jsonl", held_out(skill))
        _write(ROOT / "calibration" / f"{skill}.jsonl", calibration(skill))


if __name__ == "__main__":
    main()
