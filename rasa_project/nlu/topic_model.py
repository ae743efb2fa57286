"""Recognise a topic: TF-IDF of words, lemmas and letters, and a linear classifier. No Rasa."""

from __future__ import annotations

import json
import math
import zipfile
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np
import scipy.sparse
from sklearn.svm import LinearSVC

from rasa_project.nlu.hash_places import HashPlaces
from rasa_project.nlu.linear_weights import LinearWeights
from rasa_project.nlu.terms import SHARES, Lemmatise, hashed, terms_by, vectorisers

# Weights nearer to zero than this change no decision, and leaving them out makes
# the model a tenth of the size (measured with `make evaluate`).
_NEGLIGIBLE = 0.01

# What the readers of JSON and NumPy raise at a damaged file, beside ValueError.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, TypeError, AttributeError)

# A message is read alone and, for its questions, once more beside its parts.
_TEXTS = 16


def _side_by_side(features: Dict[str, scipy.sparse.csr_matrix]) -> scipy.sparse.csr_matrix:
    return scipy.sparse.hstack(
        [matrix * SHARES[name] for name, matrix in features.items()], format="csr"
    )


class _Features:
    """What fitted vectorisers give side by side, at a fraction of their time and memory.

    A vocabulary has half a million terms. As Python's words they took 300 MB together;
    here a term is its hash of 64 bits. Two of half a million have the same one less than
    once in a hundred million vocabularies.

    Args:
        lemmatise: See :func:`rasa_project.nlu.words.lemmatiser`.
        terms: Per kind, in the order of the columns.
        idf: Per kind the weight of each term.
    """

    def __init__(
        self, lemmatise: Lemmatise, terms: Dict[str, List[str]], idf: Dict[str, np.ndarray]
    ):
        self._terms_of = terms_by(lemmatise)
        hashes = np.concatenate([hashed(kind, terms[kind], len(terms[kind])) for kind in SHARES])
        order = np.argsort(hashes, kind="stable")
        self._hashes = hashes[order]
        self._places = HashPlaces(self._hashes)
        self._columns = order.astype(np.int32)
        self._idf = np.concatenate([idf[kind] for kind in SHARES])[order]

    def __call__(self, text: str) -> Tuple[np.ndarray, np.ndarray]:
        """The columns of a text, and what stands in them; each kind has its share as length."""
        asked, counts, parts = self._terms_of(text)
        places = self._places(asked)
        places[places == len(self._hashes)] = 0
        known = self._hashes[places] == asked
        weights = np.where(known, counts * self._idf[places], 0.0)
        for (begin, end), share in zip(parts, SHARES.values(), strict=True):
            part = weights[begin:end]
            length = math.sqrt(part @ part)
            if length:
                part *= share / length
        return self._columns[places[known]], weights[known]


class _Learned(NamedTuple):
    """Terms and idf per kind of feature, and the weights of all features."""

    terms: Dict[str, List[str]]
    idf: Dict[str, np.ndarray]
    weights: scipy.sparse.csr_matrix


class TopicModel:
    """Ranks all intents for a text.

    Args:
        features: Makes numbers of texts.
        weights: Sparse, features x intents.
        bias: One per intent.
        intents: Names, in the order of the columns of ``weights``.
        sharpness: Factor from a margin to a log-probability. It is chosen on
            held-out messages, so that a confidence of 0.9 is right nine times in ten.
    """

    def __init__(
        self,
        features: _Features,
        weights: scipy.sparse.csr_matrix,
        bias: np.ndarray,
        intents: Sequence[str],
        sharpness: float,
    ):
        self._features = features
        # What is saved; a loaded model needs only hashes and weights that are quick to use.
        self._learned: Optional[_Learned] = None
        self._weights = LinearWeights(weights)
        self._bias = bias
        self.intents = list(intents)
        self.sharpness = sharpness
        self._likely = lru_cache(maxsize=_TEXTS)(self._read)

    @classmethod
    def train(
        cls,
        texts: Sequence[str],
        intents: Sequence[str],
        lemmatise: Lemmatise,
        sharpness: float,
        regularisation: float,
    ) -> "TopicModel":
        """Fit the model.

        Args:
            texts: Utterances.
            intents: The intent of each.
            lemmatise: See :func:`rasa_project.nlu.words.lemmatiser`.
            sharpness: See the class.
            regularisation: C of the support vector machine.

        Raises:
            ValueError: There are fewer than three intents.
        """
        fitted = vectorisers(lemmatise)
        features = _side_by_side({name: v.fit_transform(texts) for name, v in fitted.items()})
        machine = LinearSVC(C=regularisation, random_state=0).fit(features, intents)
        if len(machine.classes_) < 3:
            raise ValueError("a topic model needs at least three intents")
        dense = machine.coef_.T.astype(np.float32)
        dense[np.abs(dense) < _NEGLIGIBLE] = 0.0
        terms = {
            name: sorted(vectoriser.vocabulary_, key=vectoriser.vocabulary_.__getitem__)
            for name, vectoriser in fitted.items()
        }
        idf = {name: vectoriser.idf_ for name, vectoriser in fitted.items()}
        weights = scipy.sparse.csr_matrix(dense)
        model = cls(
            _Features(lemmatise, terms, idf),
            weights,
            machine.intercept_.astype(np.float32),
            [str(name) for name in machine.classes_],
            sharpness,
        )
        model._learned = _Learned(terms, idf, weights)
        return model

    def rank(self, text: str) -> List[Tuple[str, float]]:
        """All intents with their probability, likeliest first."""
        probabilities = self.probabilities([text])[0]
        order = np.argsort(-probabilities, kind="stable")
        likely = probabilities[order].tolist()
        return [(self.intents[i], p) for i, p in zip(order.tolist(), likely, strict=True)]

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Probabilities, texts x intents; each row sums to one."""
        return np.stack([self._likely(text) for text in texts])

    def _read(self, text: str) -> np.ndarray:
        columns, values = self._features(text)
        margins = self._weights.sums(columns, values) + self._bias
        scores = np.exp(self.sharpness * (margins - margins.max()))
        return np.asarray(scores / scores.sum())

    def save(self, folder: Path) -> None:
        """Write the model as JSON and plain arrays; nothing in it can run code.

        Raises:
            ValueError: It was not trained in this process, but loaded.
        """
        if self._learned is None:
            raise ValueError("a loaded model holds no words any more, it can't be saved again")
        all_terms, all_idf, weights = self._learned
        folder.mkdir(parents=True, exist_ok=True)
        for name, terms in all_terms.items():
            (folder / f"{name}.json").write_text(json.dumps(terms, ensure_ascii=False), "utf-8")
        np.savez_compressed(
            folder / "arrays.npz",
            data=weights.data,
            indices=weights.indices,
            indptr=weights.indptr,
            shape=np.array(weights.shape),
            bias=self._bias,
            **{f"idf_{name}": idf for name, idf in all_idf.items()},
        )
        about = {"intents": self.intents, "sharpness": self.sharpness}
        (folder / "about.json").write_text(json.dumps(about, ensure_ascii=False), "utf-8")

    @classmethod
    def load(cls, folder: Path, lemmatise: Lemmatise) -> "TopicModel":
        """Read a saved model.

        Raises:
            OSError: A file is missing.
            ValueError: A file is damaged.
        """
        try:
            return cls._load(folder, lemmatise)
        except _DAMAGE as error:
            raise ValueError(f"the topic model in {folder} is damaged: {error!r}") from error

    @classmethod
    def _load(cls, folder: Path, lemmatise: Lemmatise) -> "TopicModel":
        about = json.loads((folder / "about.json").read_text("utf-8"))
        terms: Dict[str, List[str]] = {}
        idf: Dict[str, np.ndarray] = {}
        with np.load(folder / "arrays.npz", allow_pickle=False) as arrays:
            for name in SHARES:
                terms[name] = json.loads((folder / f"{name}.json").read_text("utf-8"))
                idf[name] = arrays[f"idf_{name}"]
                if len(terms[name]) != len(idf[name]):
                    raise ValueError(
                        f"{name} has {len(terms[name])} terms, {len(idf[name])} weights"
                    )
            weights = scipy.sparse.csr_matrix(
                (arrays["data"], arrays["indices"], arrays["indptr"]),
                shape=tuple(arrays["shape"]),
            )
            bias = arrays["bias"]
        features = _Features(lemmatise, terms, idf)
        return cls(features, weights, bias, about["intents"], about["sharpness"])
