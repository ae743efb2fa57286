"""Graph component: what a patient tells about themselves, as entities."""

from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from rasa_project import clock
from rasa_project.facts.patient_facts import patient_facts, read_fact_words
from rasa_project.handoff.opening_hours import ZONES
from rasa_project.nlu.input_check import bad_input
from rasa_project.settings import current_practice, read_settings


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class PatientFactExtractor(GraphComponent, EntityExtractorMixin):
    """Rasa's face of :func:`rasa_project.facts.patient_facts.patient_facts`.

    The word lists are read when the component is made: a change needs no training.
    """

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "PatientFactExtractor":
        """Make the component (Rasa's interface)."""
        return cls()

    def __init__(self) -> None:
        self._words = read_fact_words(read_settings().data / "facts.yml")

    def process(self, messages: List[Message]) -> List[Message]:
        """Add an entity per fact to each message."""
        today = clock.now().astimezone(ZONES[current_practice().country]).date()
        for message in messages:
            text = message.get(TEXT) or ""
            if bad_input(text) is not None:
                continue
            found = [
                {"entity": name, "value": value, "start": 0, "end": len(text)}
                for name, value in patient_facts(text, self._words, today).items()
            ]
            entities = message.get(ENTITIES, [])
            named = self.add_extractor_name(found)
            message.set(ENTITIES, [*entities, *named], add_to_output=True)
        return messages
