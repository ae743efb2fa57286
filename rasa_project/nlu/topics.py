"""Graph component: which intent a message has, and whether it holds several questions."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any, Dict, List, Optional, Text

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import (
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from rasa_project.names import (
    INTENT_BAD_INPUT,
    NO_TOPICS,
    PARSE_BAD_INPUT,
    PARSE_QUESTIONS,
    TOPIC_PROBABILITIES,
)
from rasa_project.nlu.clauses import read_question_words
from rasa_project.nlu.input_check import bad_input
from rasa_project.nlu.lexicon import Lexicon, lexicon_fingerprint
from rasa_project.nlu.questions import Part, QuestionSplitter, SplitWeights
from rasa_project.nlu.topic_model import Lemmatise, TopicModel
from rasa_project.nlu.trained_component import TrainedComponent, labelled
from rasa_project.nlu.words import BLANK_MODEL, SPACY_MODEL, available_model, lemmatiser
from rasa_project.settings import read_settings

logger = logging.getLogger(__name__)
_RANKED = 10
_MODEL_FILE = "spacy_model.txt"


class WrongLanguageModel(OSError):
    """A model trained with one spaCy model would be served with another."""


def say_which(model: str) -> None:
    """Tell once, when a model is made ready, what the lemmas come from."""
    if model == BLANK_MODEL:
        logger.warning("%s is not installed: lemmas come from simplemma.", SPACY_MODEL)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TopicClassifier(TrainedComponent, IntentClassifier):
    """Rasa's face of :class:`rasa_project.nlu.topic_model.TopicModel`."""

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """``regularisation`` is the machine's C; ``sharpness`` see TopicModel.

        Above the probability ``several_questions`` a message is cut in two.
        """
        return {"regularisation": 0.5, "sharpness": 8.0, "several_questions": 0.40}

    def __init__(
        self,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        spacy_model: Optional[str] = None,
        model: Optional[TopicModel] = None,
    ) -> None:
        super().__init__(config, model_storage, resource)
        self._spacy_model = spacy_model or available_model()
        self._model = model
        self._splitter = self._make_splitter(model) if model is not None else None

    def _make_splitter(self, model: TopicModel) -> QuestionSplitter:
        data = read_settings().data
        return QuestionSplitter(
            model,
            frozenset(model.intents) - NO_TOPICS,
            read_question_words(data / "questions.yml"),
            SplitWeights.read(data / "question_split.json"),
            float(self._config["several_questions"]),
        )

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "TopicClassifier":
        """Load a trained component (Rasa's interface).

        Raises:
            WrongLanguageModel: It was trained with another spaCy model than is here.
        """
        with model_storage.read_from(resource) as folder:
            trained_with = (Path(folder) / _MODEL_FILE).read_text("utf-8")
            if trained_with != available_model():
                raise WrongLanguageModel(
                    f"The model was trained with {trained_with}, but {available_model()} is "
                    "installed: run `make train`."
                )
            say_which(trained_with)
            model = TopicModel.load(Path(folder), _reading_concepts(trained_with))
        return cls(config, model_storage, resource, trained_with, model)

    @staticmethod
    def fingerprint_addon(config: Dict[str, Any]) -> Optional[str]:
        """Train anew when another spaCy model has become available, or the lexicon changed."""
        return available_model() + lexicon_fingerprint(_lexicon_path())

    def train(self, training_data: TrainingData) -> Resource:
        """Fit on the training utterances (Rasa's interface)."""
        examples = labelled(training_data)
        if not examples:
            return self._resource
        say_which(self._spacy_model)
        started = time.monotonic()
        logger.info("Learning %s utterances (about half a minute) ...", len(examples))
        self._model = TopicModel.train(
            [text for _, text in examples],
            [intent for intent, _ in examples],
            _reading_concepts(self._spacy_model),
            sharpness=float(self._config["sharpness"]),
            regularisation=float(self._config["regularisation"]),
        )
        logger.info(
            "Learned %s intents in %.0f s.", len(self._model.intents), time.monotonic() - started
        )
        with self._storage.write_to(self._resource) as folder:
            self._model.save(Path(folder))
            (Path(folder) / _MODEL_FILE).write_text(self._spacy_model, "utf-8")
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Name each message's intent."""
        for message in messages:
            self._classify(message)
        return messages

    def _classify(self, message: Message) -> None:
        text = message.get(TEXT) or ""
        problem = bad_input(text)
        if problem is not None:
            message.set(PARSE_BAD_INPUT, problem, add_to_output=True)
            ranking = [(INTENT_BAD_INPUT, 1.0)]
        elif self._model is None or self._splitter is None:
            ranking = []
        else:
            probabilities = self._model.rank(text)
            message.set(TOPIC_PROBABILITIES, dict(probabilities))
            ranking = probabilities[:_RANKED]
            questions = [_as_data(part) for part in self._splitter.parts(text)]
            message.set(PARSE_QUESTIONS, questions, add_to_output=True)
        ranked = [
            {INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: confidence}
            for name, confidence in ranking
        ]
        first = ranked[0] if ranked else {INTENT_NAME_KEY: None, PREDICTED_CONFIDENCE_KEY: 0.0}
        message.set(INTENT, dict(first), add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranked, add_to_output=True)


def _lexicon_path() -> Path:
    return read_settings().data / "lexicon.yml"


def _reading_concepts(spacy_model: str) -> Lemmatise:
    return Lexicon.read(_lexicon_path()).before(lemmatiser(spacy_model))


def _as_data(part: Part) -> Dict[str, Any]:
    return {
        "start": part.start,
        "end": part.end,
        "topic": part.topic,
        "confidence": round(part.confidence, 4),
    }
