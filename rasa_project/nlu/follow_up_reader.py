"""Graph component: whether a message leans on the answer before, and what it may mean."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any, Dict, List, Optional, Text

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from rasa_project.names import PARSE_FOLLOW_UP, TOPIC_PROBABILITIES
from rasa_project.nlu.follow_ups import FollowUpModel, read_follow_ups
from rasa_project.nlu.trained_component import TrainedComponent, labelled
from rasa_project.nlu.words import available_model, lemmatiser
from rasa_project.redflags.second_reader import examples_fingerprint
from rasa_project.settings import read_settings

logger = logging.getLogger(__name__)
# Meanings below these can't win by their context.
_KEPT = 30


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class FollowUpReader(TrainedComponent):
    """Puts a probability and a score per meaning under ``follow_up`` when a message may be one.

    Both are about its words alone; see :class:`rasa_project.nlu.follow_ups.FollowUpModel`.
    """

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """From the probability ``threshold`` on, a message is read as a follow-up."""
        return {"threshold": 0.3, "gate_sharpness": 3.0}

    def __init__(
        self,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: Optional[FollowUpModel] = None,
    ) -> None:
        super().__init__(config, model_storage, resource)
        self._model = model

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "FollowUpReader":
        """Load a trained component (Rasa's interface)."""
        with model_storage.read_from(resource) as folder:
            model = FollowUpModel.load(Path(folder), lemmatiser(available_model()))
        return cls(config, model_storage, resource, model)

    @staticmethod
    def fingerprint_addon(config: Dict[str, Any]) -> Optional[str]:
        """Train anew when the examples or the spaCy model changed."""
        return examples_fingerprint(read_settings().data / "follow_ups") + available_model()

    def train(self, training_data: TrainingData) -> Resource:
        """Fit on ``data/follow_ups`` and on the utterances (Rasa's interface)."""
        started = time.monotonic()
        examples = read_follow_ups(read_settings().data / "follow_ups")
        logger.info("Learning %s follow-ups ...", len(examples))
        self._model = FollowUpModel.train(
            examples,
            labelled(training_data),
            lemmatiser(available_model()),
            gate_sharpness=float(self._config["gate_sharpness"]),
        )
        with self._storage.write_to(self._resource) as folder:
            self._model.save(Path(folder))
        logger.info("Learned them in %.0f s.", time.monotonic() - started)
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Read each message that holds words."""
        for message in messages:
            likeliest = message.get(TOPIC_PROBABILITIES)
            if self._model is None or likeliest is None:
                continue
            text = message.get(TEXT)
            probability = self._model.probability(text)
            if probability < float(self._config["threshold"]):
                continue
            scores = self._model.scores(text, likeliest)
            kept = sorted(scores, key=lambda name: -scores[name])[:_KEPT]
            message.set(
                PARSE_FOLLOW_UP,
                {
                    "probability": round(probability, 4),
                    "scores": {name: round(scores[name], 3) for name in kept},
                },
                add_to_output=True,
            )
        return messages
