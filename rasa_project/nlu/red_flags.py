"""Graph component: both readers of alarm signs on every message."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path
from typing import Any, Dict, List, Optional, Text

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from rasa_project.names import (
    PARSE_DETECTOR_FAILED,
    PARSE_RED_FLAGS,
    PARSE_SUSPECTED,
    PARSE_WEAK_SIGNS,
)
from rasa_project.nlu.input_check import bad_input
from rasa_project.nlu.trained_component import TrainedComponent, labelled
from rasa_project.nlu.words import available_model, lemmatiser
from rasa_project.redflags.assess import RedFlagRules
from rasa_project.redflags.catalogue import read_catalogue
from rasa_project.redflags.combine import judge
from rasa_project.redflags.second_reader import (
    SecondReader,
    Thresholds,
    examples_fingerprint,
    read_examples,
)
from rasa_project.settings import read_settings

logger = logging.getLogger(__name__)


def _thresholds(config: Dict[Text, Any]) -> Thresholds:
    return Thresholds(**{name: float(config[name]) for name in Thresholds.__dataclass_fields__})


# Registered as a classifier so that Rasa trains it and runs it on messages, but not on
# the training data.
@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class RedFlagDetector(TrainedComponent):
    """Puts the active findings of a message under ``red_flags`` in its parse data.

    The rules are read when the component is made, so a changed rule file needs a
    restart but no training. The second reader is trained on ``data/alarms``, with the
    topics' utterances as ordinary messages.
    """

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """See :class:`rasa_project.redflags.second_reader.Thresholds`."""
        return {
            "ask": -0.75,
            "ask_early": -1.1,
            "alarm": -0.3,
            "sure_topic": 0.95,
            "alarm_if_sure": 0.1,
            "agrees": -1.0,
            "short_message": 1.0,
        }

    def __init__(
        self,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        reader: Optional[SecondReader] = None,
    ) -> None:
        super().__init__(config, model_storage, resource)
        self._reader = reader
        self._thresholds = _thresholds(config)
        self._seconds = read_settings().detector_seconds
        self._threads = ThreadPoolExecutor(max_workers=1)
        self._rules = RedFlagRules(read_catalogue(read_settings().data / "red_flags.yml"))

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "RedFlagDetector":
        """Load a trained component (Rasa's interface)."""
        with model_storage.read_from(resource) as folder:
            reader = SecondReader.load(Path(folder), lemmatiser(available_model()))
        return cls(config, model_storage, resource, reader)

    @staticmethod
    def fingerprint_addon(config: Dict[str, Any]) -> Optional[str]:
        """Train anew when the examples or the spaCy model changed."""
        return examples_fingerprint(read_settings().data / "alarms") + available_model()

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the second reader (Rasa's interface)."""
        started = time.monotonic()
        examples = read_examples(read_settings().data / "alarms")
        logger.info("Learning %s alarm examples ...", len(examples))
        self._reader = SecondReader.train(
            examples,
            [text for _, text in labelled(training_data)],
            lemmatiser(available_model()),
        )
        with self._storage.write_to(self._resource) as folder:
            self._reader.save(Path(folder))
        logger.info("Learned them in %.0f s.", time.monotonic() - started)
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Read each message; a failure is marked in the parse data, and the patient is told."""
        for message in messages:
            for name, value in self._read_in_time(message).items():
                message.set(name, value, add_to_output=True)
        return messages

    def _read_in_time(self, message: Message) -> Dict[Text, Any]:
        try:
            return self._threads.submit(self._read, message).result(self._seconds)
        except FutureTimeout:
            # The thread goes on; a next message gets another one.
            self._threads = ThreadPoolExecutor(max_workers=1)
            logger.error("DETECTOR FAILED: reading took longer than %s s.", self._seconds)
        except Exception:  # noqa: BLE001 - whatever fails here, a patient must be told whom to call
            logger.exception("DETECTOR FAILED")
        return {PARSE_RED_FLAGS: [], PARSE_DETECTOR_FAILED: True}

    def _read(self, message: Message) -> Dict[Text, Any]:
        text = message.get(TEXT) or ""
        assessment = self._rules.assess(text)
        confidence = float((message.get(INTENT) or {}).get(PREDICTED_CONFIDENCE_KEY) or 0)
        # The second reader knows messages, not walls of text or loose signs.
        reader = self._reader if bad_input(text) is None else None
        judged = judge(
            assessment,
            reader,
            text,
            confidence,
            self._rules.catalogue,
            self._thresholds,
        )
        read: Dict[Text, Any] = {
            PARSE_RED_FLAGS: [finding.as_data() for finding in judged.findings]
        }
        if judged.suspected is not None:
            read[PARSE_SUSPECTED] = judged.suspected.as_data()
        if assessment.elements:
            read[PARSE_WEAK_SIGNS] = sorted(assessment.elements)
        return read
