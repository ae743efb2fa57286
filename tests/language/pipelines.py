"""The pipelines that `make compare` sets side by side."""

from __future__ import annotations

import pickle  # noqa: S403 - written to be weighed, never read
import subprocess  # noqa: S404 - Rasa's own command is called, with fixed arguments
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, List, Sequence, Tuple

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import FeatureUnion, make_pipeline, make_union
from sklearn.svm import LinearSVC
from symspellpy import SymSpell, Verbosity

from rasa_project.names import INTENT_BAD_INPUT
from rasa_project.nlu.clauses import cuts, read_question_words
from rasa_project.nlu.fit_questions import read_utterances
from rasa_project.nlu.lexicon import Lexicon
from rasa_project.nlu.topic_model import TopicModel
from rasa_project.nlu.words import available_model, lemmatiser, plain_text, words
from rasa_project.settings import PROJECT
from rasa_project.training import QUIET

MEGABYTE = 1e6

Texts = Sequence[str]
# Gives the intents and, per text, their probabilities.
Reader = Callable[[Texts], Tuple[List[str], np.ndarray]]


@dataclass(frozen=True)
class Learned:
    """A trained pipeline: how it reads, and its size in megabytes on disk."""

    read: Reader
    size_mb: float


Learn = Callable[[Texts, Sequence[str]], Learned]


def utterances() -> List[Tuple[str, str]]:
    """Intent and text of every training utterance that holds words."""
    found = read_utterances(PROJECT / "data" / "nlu")
    return [(intent, text) for intent, text in found if intent != INTENT_BAD_INPUT]


def ours(before: Callable[[str], str] = str, lexicon: bool = True) -> Learn:
    """The product's topic model."""

    def learn(texts: Texts, intents: Sequence[str]) -> Learned:
        lemmas = lemmatiser(available_model())
        if lexicon:
            lemmas = Lexicon.read(PROJECT / "data" / "lexicon.yml").before(lemmas)
        model = TopicModel.train([before(t) for t in texts], intents, lemmas, 8.0, 0.5)
        with tempfile.TemporaryDirectory() as folder:
            model.save(Path(folder))
            size = sum(file.stat().st_size for file in Path(folder).iterdir())
        return Learned(
            lambda asked: (model.intents, model.probabilities([before(t) for t in asked])),
            size / MEGABYTE,
        )

    return learn


def _size(machine: object) -> float:
    return len(pickle.dumps(machine)) / MEGABYTE


def _softmax(margins: np.ndarray, sharpness: float) -> np.ndarray:
    scores = np.exp(sharpness * (margins - margins.max(axis=1, keepdims=True)))
    return np.asarray(scores / scores.sum(axis=1, keepdims=True))


def _by_word(tokenise: Callable[[str], List[str]]) -> TfidfVectorizer:
    return TfidfVectorizer(
        tokenizer=tokenise,
        lowercase=False,
        token_pattern=None,
        ngram_range=(1, 2),
        sublinear_tf=True,
    )


def _letters() -> TfidfVectorizer:
    return TfidfVectorizer(
        analyzer="char_wb", preprocessor=plain_text, ngram_range=(2, 5), sublinear_tf=True
    )


def svm(features: FeatureUnion) -> Learn:
    """A linear support vector machine on some of the features."""

    def learn(texts: Texts, intents: Sequence[str]) -> Learned:
        machine = make_pipeline(features, LinearSVC(C=0.5, random_state=0)).fit(texts, intents)
        return Learned(
            lambda asked: (list(machine.classes_), _softmax(machine.decision_function(asked), 8.0)),
            _size(machine),
        )

    return learn


def counts_and_logistic_regression(texts: Texts, intents: Sequence[str]) -> Learned:
    """What Rasa's own sparse components give."""
    features = make_union(
        CountVectorizer(), CountVectorizer(analyzer="char_wb", ngram_range=(1, 4))
    )
    machine = make_pipeline(features, LogisticRegression(max_iter=100)).fit(texts, intents)
    return Learned(
        lambda asked: (list(machine.classes_), machine.predict_proba(asked)), _size(machine)
    )


def ensemble(texts: Texts, intents: Sequence[str]) -> Learned:
    """The support vector machine and naive Bayes; where they agree, the confidence is high."""
    first = ours()(texts, intents)
    bayes = make_pipeline(_letters(), ComplementNB(alpha=0.1)).fit(texts, intents)

    def read(asked: Texts) -> Tuple[List[str], np.ndarray]:
        names, probabilities = first.read(asked)
        order = [list(bayes.classes_).index(name) for name in names]
        other = _softmax(bayes.predict_log_proba(asked)[:, order], 0.5)
        return names, np.sqrt(probabilities * other)

    return Learned(read, first.size_mb + _size(bayes))


def clause_by_clause(texts: Texts, intents: Sequence[str]) -> Learned:
    """The product's model on the whole message and on each clause; the surest wins."""
    whole = ours()(texts, intents)
    lists = read_question_words(PROJECT / "data" / "questions.yml")

    def read(asked: Texts) -> Tuple[List[str], np.ndarray]:
        rows = []
        for text in asked:
            places = [0, *(cut.position for cut in cuts(text, lists)), len(text)]
            parts = [text[a:b] for a, b in zip(places, places[1:], strict=False)]
            names, probabilities = whole.read([text, *parts])
            rows.append((probabilities[0] + probabilities.max(axis=0)) / 2)
        return names, np.array(rows)

    return Learned(read, whole.size_mb)


def corrected() -> Callable[[str], str]:
    """A spelling correction with the words of the training utterances as dictionary."""
    speller = SymSpell(max_dictionary_edit_distance=1)
    for _, text in utterances():
        for word in words(text):
            speller.create_dictionary_entry(word, 1)
    common = {word for word, count in speller.words.items() if count >= 3}

    def correct(text: str) -> str:
        return " ".join(
            word
            if word in common or len(word) < 5
            else next(
                (s.term for s in speller.lookup(word, Verbosity.TOP, 1) if s.term in common), word
            )
            for word in words(text)
        )

    return correct


def diet(texts: Texts, intents: Sequence[str]) -> Learned:
    """Rasa's stock pipeline with DIET, trained and loaded by Rasa itself."""
    folder = Path(tempfile.mkdtemp(prefix="diet-"))
    (folder / "config.yml").write_text(
        "recipe: default.v1\nlanguage: nl\npipeline:\n- name: WhitespaceTokenizer\n"
        "- name: RegexFeaturizer\n- name: LexicalSyntacticFeaturizer\n"
        "- name: CountVectorsFeaturizer\n- name: CountVectorsFeaturizer\n  analyzer: char_wb\n"
        "  min_ngram: 1\n  max_ngram: 4\n- name: DIETClassifier\n  epochs: 100\n"
        "  constrain_similarities: true\n- name: EntitySynonymMapper\n- name: FallbackClassifier\n"
        "  threshold: 0.3\n",
        "utf-8",
    )
    by_intent: Dict[str, List[str]] = {}
    for text, intent in zip(texts, intents, strict=True):
        by_intent.setdefault(intent, []).append(text)
    # Rasa takes its training data only in YAML's block style, not as JSON.
    blocks = [
        f"- intent: {intent}\n  examples: |\n" + "".join(f"    - {text}\n" for text in lines)
        for intent, lines in by_intent.items()
    ]
    (folder / "nlu.yml").write_text('version: "3.1"\nnlu:\n' + "".join(blocks), "utf-8")
    subprocess.run(  # noqa: S603
        [sys.executable, "-m", "rasa", "train", "nlu", "--nlu", "nlu.yml", "--config", "config.yml"]
        + ["--fixed-model-name", "diet", "--out", "models"],
        cwd=folder,
        env={**QUIET, "PATH": "/usr/bin:/bin", "HOME": str(folder)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    model = folder / "models" / "diet.tar.gz"

    def read(asked: Texts) -> Tuple[List[str], np.ndarray]:
        import asyncio

        from rasa.core.agent import Agent

        agent = Agent.load(str(model))
        names = sorted(by_intent)
        rows = np.zeros((len(asked), len(names)))

        async def all_of_them() -> None:
            for number, text in enumerate(asked):
                parsed = await agent.parse_message(text)
                for guess in parsed["intent_ranking"]:
                    if guess["name"] in by_intent:
                        rows[number, names.index(guess["name"])] = guess["confidence"]

        asyncio.run(all_of_them())
        return names, rows

    return Learned(read, model.stat().st_size / MEGABYTE)


def variants() -> Dict[str, Learn]:
    """The product's pipeline and its variants, by name."""
    lemmas = lemmatiser(available_model())
    return {
        "**ours: words + lemmas with lexicon + letters, SVM**": ours(),
        "... without the lexicon": ours(lexicon=False),
        "... without lemmas": svm(make_union(_by_word(words), _letters())),
        "... without letters": svm(make_union(_by_word(words), _by_word(lemmas))),
        "... letters only": svm(make_union(_letters())),
        "... with spelling correction": ours(before=corrected()),
        "... clause by clause": clause_by_clause,
        "... with naive Bayes, agreement as confidence": ensemble,
    }


def stock() -> Dict[str, Learn]:
    """The product's pipeline and what Rasa brings along, by name."""
    return {
        "**ours**": ours(),
        "counts of words and letters, logistic regression": counts_and_logistic_regression,
        "Rasa's stock pipeline with DIET, 100 epochs": diet,
    }
