"""What the trained graph components share."""

from __future__ import annotations

from typing import Any, Dict, List, Text, Tuple

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.training_data import TrainingData


class TrainedComponent(GraphComponent):
    """Keeps its settings and the place where its model is stored."""

    def __init__(
        self, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource
    ) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "TrainedComponent":
        """Make an untrained component (Rasa's interface)."""
        return cls(config, model_storage, resource)


def labelled(training_data: TrainingData) -> List[Tuple[str, str]]:
    """Intent and text of every training utterance."""
    return [
        (str(example.get(INTENT)), str(example.get(TEXT)))
        for example in training_data.intent_examples
        if example.get(TEXT) and example.get(INTENT)
    ]
