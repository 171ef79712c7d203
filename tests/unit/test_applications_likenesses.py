"""When two applications look alike, and when they only answer the same challenge."""

import random

from services.applications.domain.likenesses import LEAST_SHARE, alike, shingles

CALL = "Leaks are found late, by those who walk through them, and the network loses water that nobody pays for. "
VOCABULARY = [f"word{n}" for n in range(500)]


def text(seed: int, words: int = 300) -> str:
    chance = random.Random(seed)
    return " ".join(chance.choice(VOCABULARY) for _ in range(words))


def test_how_a_text_is_written_makes_no_difference() -> None:
    assert shingles("L'Eau est Rare à Casablanca, été.") == shingles("l'eau est RARE a casablanca ete")
    assert shingles("نُسْتَمِعُ إلى الأنابيب في الليل كله") == shingles("نستمع إلى الأنابيب في الليل كله")


def test_half_a_text_in_another_is_found_and_texts_on_one_theme_are_not() -> None:
    texts = {n: CALL + text(n) for n in range(40)}
    texts[7] = f"{texts[3][: len(texts[3]) // 2]} {text(77, 100)}"

    found = alike(texts)

    assert list(found) == [(3, 7)]
    assert found[3, 7].share > LEAST_SHARE


def test_short_answers_are_never_alike() -> None:
    assert alike({"a": "We are two people.", "b": "We are two people."}) == {}
