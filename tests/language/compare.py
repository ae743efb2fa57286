"""`make compare`: pipelines side by side in one run; writes docs/pipelines.md.

Every pipeline learns the same utterances and reads the same development sentences. The
confidence from which it answers is set so that it answers 95 % of the questions; then
"right when it answers" and "off-topic held back" can be compared.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess  # noqa: S404 - Rasa's own command is called, with fixed arguments
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

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
from tests.language.measure import catalogue, read_set

ANSWERED = 0.95
# So many utterances of each intent are enough to compare, and few enough to wait for;
# the last two pipelines would take hours with the first number.
SAMPLE = 80
SMALL_SAMPLE = 20
TOPIC_SETS = ("topics_everyday", "topics_flemish_l2", "topics_fresh")
OFF_SETS = ("off_topic", "off_topic_fresh")
DOCUMENT = PROJECT / "docs" / "pipelines.md"
FIGURES = PROJECT / "docs" / "pipelines.json"

Texts = Sequence[str]
# Learns, and gives the intents and, per text, their probabilities.
Reader = Callable[[Texts], Tuple[List[str], np.ndarray]]
Learn = Callable[[Texts, Sequence[str]], Reader]


@dataclass(frozen=True)
class Row:
    """One pipeline's figures; shares between 0 and 1, seconds, milliseconds."""

    name: str
    right: float
    right_when_answered: float
    off_topic_held: float
    training_s: float
    parse_ms: float


def utterances() -> List[Tuple[str, str]]:
    """Intent and text of every training utterance that holds words."""
    found = read_utterances(PROJECT / "data" / "nlu")
    return [(intent, text) for intent, text in found if intent != INTENT_BAD_INPUT]


def sample(examples: Sequence[Tuple[str, str]], each: Optional[int]) -> List[Tuple[str, str]]:
    """At most so many utterances of each intent, drawn once and for all."""
    if each is None:
        return list(examples)
    rng = random.Random(0)  # noqa: S311 - nothing secret is drawn
    by_intent: Dict[str, List[str]] = {}
    for intent, text in examples:
        by_intent.setdefault(intent, []).append(text)
    return [
        (intent, text)
        for intent, texts in by_intent.items()
        for text in rng.sample(texts, min(each, len(texts)))
    ]


def ours(before: Callable[[str], str] = str, lexicon: bool = True) -> Learn:
    """The product's topic model."""

    def learn(texts: Texts, intents: Sequence[str]) -> Reader:
        lemmas = lemmatiser(available_model())
        if lexicon:
            lemmas = Lexicon.read(PROJECT / "data" / "lexicon.yml").before(lemmas)
        model = TopicModel.train([before(t) for t in texts], intents, lemmas, 8.0, 0.5)
        return lambda asked: (model.intents, model.probabilities([before(t) for t in asked]))

    return learn


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

    def learn(texts: Texts, intents: Sequence[str]) -> Reader:
        machine = make_pipeline(features, LinearSVC(C=0.5, random_state=0)).fit(texts, intents)
        return lambda asked: (
            list(machine.classes_),
            _softmax(machine.decision_function(asked), 8.0),
        )

    return learn


def counts_and_logistic_regression(texts: Texts, intents: Sequence[str]) -> Reader:
    """What Rasa's own sparse components give."""
    features = make_union(
        CountVectorizer(), CountVectorizer(analyzer="char_wb", ngram_range=(1, 4))
    )
    machine = make_pipeline(features, LogisticRegression(max_iter=100)).fit(texts, intents)
    return lambda asked: (list(machine.classes_), machine.predict_proba(asked))


def ensemble(texts: Texts, intents: Sequence[str]) -> Reader:
    """The support vector machine and naive Bayes; where they agree, the confidence is high."""
    first = ours()(texts, intents)
    bayes = make_pipeline(_letters(), ComplementNB(alpha=0.1)).fit(texts, intents)

    def read(asked: Texts) -> Tuple[List[str], np.ndarray]:
        names, probabilities = first(asked)
        order = [list(bayes.classes_).index(name) for name in names]
        other = _softmax(bayes.predict_log_proba(asked)[:, order], 0.5)
        return names, np.sqrt(probabilities * other)

    return read


def clause_by_clause(texts: Texts, intents: Sequence[str]) -> Reader:
    """The product's model on the whole message and on each clause; the surest wins."""
    whole = ours()(texts, intents)
    lists = read_question_words(PROJECT / "data" / "questions.yml")

    def read(asked: Texts) -> Tuple[List[str], np.ndarray]:
        rows = []
        for text in asked:
            places = [0, *(cut.position for cut in cuts(text, lists)), len(text)]
            parts = [text[a:b] for a, b in zip(places, places[1:], strict=False)]
            names, probabilities = whole([text, *parts])
            rows.append((probabilities[0] + probabilities.max(axis=0)) / 2)
        return names, np.array(rows)

    return read


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


def diet(texts: Texts, intents: Sequence[str]) -> Reader:
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
    data = {
        "version": "3.1",
        "nlu": [
            {"intent": intent, "examples": "".join(f"- {text}\n" for text in lines)}
            for intent, lines in by_intent.items()
        ],
    }
    (folder / "nlu.yml").write_text(json.dumps(data, ensure_ascii=False), "utf-8")
    subprocess.run(  # noqa: S603
        [sys.executable, "-m", "rasa", "train", "nlu", "--nlu", "nlu.yml", "--config", "config.yml"]
        + ["--fixed-model-name", "diet", "--out", "models"],
        cwd=folder,
        env={**QUIET, "PATH": "/usr/bin:/bin", "HOME": str(folder)},
        stdout=subprocess.DEVNULL,
        check=True,
    )

    def read(asked: Texts) -> Tuple[List[str], np.ndarray]:
        import asyncio

        from rasa.core.agent import Agent

        agent = Agent.load(str(folder / "models" / "diet.tar.gz"))
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

    return read


def measure(name: str, learn: Learn, examples: Sequence[Tuple[str, str]]) -> Row:
    """Train one pipeline and read the development sentences with it."""
    started = time.perf_counter()
    read = learn([text for _, text in examples], [intent for intent, _ in examples])
    training = time.perf_counter() - started
    rows = [row for name_ in TOPIC_SETS for row in read_set(name_)]
    off = [row["text"] for name_ in OFF_SETS for row in read_set(name_)]
    started = time.perf_counter()
    names, probabilities = read([row["text"] for row in rows] + off)
    parsing = (time.perf_counter() - started) / (len(rows) + len(off))
    intents = np.array(names)
    guessed, confidence = intents[probabilities.argmax(axis=1)], probabilities.max(axis=1)
    is_topic = np.array([intent in catalogue() for intent in guessed])
    # A message that seems no topic isn't answered, however sure.
    confidence = np.where(is_topic, confidence, 0.0)
    asked, other = confidence[: len(rows)], confidence[len(rows) :]
    right = guessed[: len(rows)] == np.array([row["topic"] for row in rows])
    threshold = np.quantile(asked, 1 - ANSWERED)
    answered = asked > threshold
    row = Row(
        name,
        float(right.mean()),
        float(right[answered].mean()),
        float((other <= threshold).mean()),
        training,
        1000 * parsing,
    )
    print(_line(row), flush=True)
    return row


def _line(row: Row) -> str:
    return (
        f"| {row.name} | {100 * row.right:.1f} | {100 * row.right_when_answered:.1f} "
        f"| {100 * row.off_topic_held:.1f} | {row.training_s:.0f} | {row.parse_ms:.1f} |"
    )


_HEAD = (
    "| pipeline | likeliest right, % | right when it answers 95 %, % | off-topic held, % "
    "| training, s | parsing, ms |\n|---|---|---|---|---|---|"
)


def _full() -> Dict[str, Learn]:
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


def _small() -> Dict[str, Learn]:
    return {
        "**ours**": ours(),
        "counts of words and letters, logistic regression": counts_and_logistic_regression,
        "Rasa's stock pipeline with DIET, 100 epochs": diet,
    }


def learning_curve(examples: Sequence[Tuple[str, str]]) -> List[Row]:
    """The product's model with more and more utterances."""
    steps: Sequence[Optional[int]] = (10, 20, 40, 80, 160, None)
    return [measure(str(step or "all"), ours(), sample(examples, step)) for step in steps]


def _drawn(curve: Sequence[Row]) -> str:
    width = 50
    return "\n".join(
        f"{row.name:>4} {'#' * round(width * row.right)} {100 * row.right:.1f} %" for row in curve
    )


PARTS = ("variants", "curve", "stock")


def main() -> None:
    """Compare, print, and write the figures and the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=PARTS, help="only this part; the others stay")
    part = parser.parse_args().part
    examples = utterances()
    figures = json.loads(FIGURES.read_text("utf-8")) if FIGURES.exists() else {}
    for name in [part] if part else PARTS:
        print(f"\n{name}\n{_HEAD}", flush=True)
        rows = _measured(name, examples)
        figures[name] = {
            "made_on": str(date.today()),
            "utterances": len(examples),
            "rows": [asdict(row) for row in rows],
        }
    FIGURES.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", "utf-8")
    DOCUMENT.write_text(document(figures), "utf-8")
    print(f"\n{DOCUMENT}")


def _measured(part: str, examples: Sequence[Tuple[str, str]]) -> List[Row]:
    if part == "variants":
        most = sample(examples, SAMPLE)
        return [measure(name, learn, most) for name, learn in _full().items()]
    if part == "curve":
        return learning_curve(examples)
    few = sample(examples, SMALL_SAMPLE)
    return [measure(name, learn, few) for name, learn in _small().items()]


def document(figures: Dict[str, Any]) -> str:
    """The page about the figures; a part that was never measured is left out."""
    rows = {part: [Row(**row) for row in figures[part]["rows"]] for part in figures}
    made = "; ".join(
        f"{part}: {figures[part]['made_on']}, {figures[part]['utterances']} utterances"
        for part in PARTS
        if part in figures
    )
    counted = len([row for name in TOPIC_SETS for row in read_set(name)])
    parts = [
        f"""# Pipelines compared

Written by `make compare` ({made}) on two cores, with {counted} development questions and
the off-topic sets. Every pipeline answers the 95 % of the questions of which it is
surest: of these the second column is right, and at that threshold the third column of
the off-topic messages is held back. Times are those of a machine that did other work too."""
    ]
    if "variants" in rows:
        parts.append(f"With {SAMPLE} utterances of each intent:")
        parts.append("\n".join([_HEAD, *map(_line, rows["variants"])]))
    if "stock" in rows:
        parts.append(f"With {SMALL_SAMPLE} only, because the last ones would take hours with more:")
        parts.append("\n".join([_HEAD, *map(_line, rows["stock"])]))
    if "curve" in rows:
        parts.append(
            "## Learning curve\n\nLikeliest topic right on the development questions, by "
            f"utterances a topic:\n\n```\n{_drawn(rows['curve'])}\n```"
        )
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
