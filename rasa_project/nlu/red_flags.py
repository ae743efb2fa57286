"""Graph component: the red-flag rules on every message."""

from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from rasa_project.names import PARSE_RED_FLAGS
from rasa_project.redflags.assess import Finding, RedFlagRules
from rasa_project.redflags.catalogue import read_catalogue
from rasa_project.settings import read_settings


def as_data(finding: Finding) -> Dict[str, Any]:
    """A finding as it is stored with the message, without the patient's words."""
    return {
        "flag": finding.flag,
        "sign": finding.sign,
        "urgency": finding.urgency.value,
        "start": finding.start,
        "end": finding.end,
        "qualifiers": sorted(finding.qualifiers),
    }


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class RedFlagDetector(GraphComponent):
    """Puts the active findings of a message under ``red_flags`` in its parse data.

    The rules are read when the component is made, so a changed rule file needs a
    restart but no training.
    """

    def __init__(self) -> None:
        self._rules = RedFlagRules(read_catalogue(read_settings().data / "red_flags.yml"))

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "RedFlagDetector":
        """Make the component (Rasa's interface)."""
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        """Read each message."""
        for message in messages:
            active = self._rules.assess(message.get(TEXT) or "").active
            message.set(
                PARSE_RED_FLAGS, [as_data(finding) for finding in active], add_to_output=True
            )
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leave training data as they are: the rules learn nothing."""
        return training_data
