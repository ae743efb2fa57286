"""What a text is made of for a trained model: words, lemmas and letters, as hashes. No Rasa.

Five models read the same message; it is cut and counted once for all of them.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from itertools import accumulate, chain
from typing import Callable, Dict, Iterable, List, NamedTuple, Tuple

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from rasa_project.nlu.words import plain_text, words

Lemmatise = Callable[[str], List[str]]
# How much each kind of feature counts; letters help most with what was never seen.
SHARES = {"words": 1.0, "lemmas": 1.0, "letters": 1.5}
# So many texts are kept cut into terms: a message and its parts.
_TEXTS = 16
# People use the same words again and again.
_WORDS = 20_000
# Sets the hashes of one kind apart from the same letters in another.
_APART = {kind: hash(("ruggesteun", kind)) for kind in SHARES}


class Terms(NamedTuple):
    """The terms of a text.

    Attributes:
        hashes: Of each term, each once; kind after kind.
        weights: How much each counts by how often it is there: 1 + log(times).
        parts: Where each kind begins and ends.
    """

    hashes: np.ndarray
    weights: np.ndarray
    parts: Tuple[Tuple[int, int], ...]


def vectorisers(lemmatise: Lemmatise) -> Dict[str, TfidfVectorizer]:
    """What the terms of each kind are, as scikit-learn has it; used for training.

    Args:
        lemmatise: See :func:`rasa_project.nlu.words.lemmatiser`.
    """
    by_word = dict(
        analyzer="word", lowercase=False, token_pattern=None, ngram_range=(1, 2), sublinear_tf=True
    )
    return {
        "words": TfidfVectorizer(tokenizer=words, **by_word),
        "lemmas": TfidfVectorizer(tokenizer=lemmatise, **by_word),
        # Letters within words see through typing errors, dialect and compounds.
        "letters": TfidfVectorizer(
            analyzer="char_wb", preprocessor=plain_text, ngram_range=(2, 5), sublinear_tf=True
        ),
    }


def hashed(kind: str, terms: Iterable[str], count: int = -1) -> np.ndarray:
    """The hash of each term; the same text has another one in each process.

    Args:
        kind: One of ``SHARES``.
        terms: Of that kind.
        count: How many there are, when that is known.
    """
    return np.fromiter(map(hash, terms), dtype=np.int64, count=count) ^ _APART[kind]


@lru_cache(maxsize=None)
def terms_by(lemmatise: Lemmatise) -> Callable[[str], Terms]:
    """A function that gives the terms of a text, the same for all who lemmatise alike.

    Args:
        lemmatise: See :func:`rasa_project.nlu.words.lemmatiser`.
    """
    lemmas = _by_counting("lemmas", lemmatise)

    @lru_cache(maxsize=_TEXTS)
    def terms(text: str) -> Terms:
        counted = {"words": _words_of(text), "lemmas": lemmas(text), "letters": _letters_of(text)}
        hashes, times = zip(*(counted[kind] for kind in SHARES), strict=True)
        ends = list(accumulate(map(len, hashes)))
        weights = 1.0 + np.log(np.concatenate(times))
        return Terms(np.concatenate(hashes), weights, tuple(zip([0, *ends], ends, strict=False)))

    return terms


_Counted = Tuple[np.ndarray, np.ndarray]


def _by_counting(kind: str, cut: Lemmatise) -> Callable[[str], _Counted]:
    def count(text: str) -> _Counted:
        alone = cut(text)
        pairs = map(" ".join, zip(alone, alone[1:], strict=False))
        terms = Counter(chain(alone, pairs))
        times = np.fromiter(terms.values(), dtype=np.float64, count=len(terms))
        return hashed(kind, terms, len(terms)), times

    return lru_cache(maxsize=_TEXTS)(count)


_words_of = _by_counting("words", words)
_cut_into_letters = vectorisers(words)["letters"].build_analyzer()


@lru_cache(maxsize=_WORDS)
def _letters_of_word(word: str) -> np.ndarray:
    return hashed("letters", _cut_into_letters(word))


@lru_cache(maxsize=_TEXTS)
def _letters_of(text: str) -> _Counted:
    """No run of letters goes from one word into the next, so each word is cut once."""
    each = [_letters_of_word(word) for word in plain_text(text).split()]
    if not each:
        return np.empty(0, dtype=np.int64), np.empty(0)
    hashes, times = np.unique(np.concatenate(each), return_counts=True)
    return hashes, times.astype(np.float64)
