"""Rasa's calls of actions, executed in this process without Rasa's preparations for a network."""

from __future__ import annotations

import logging
from functools import cached_property
from typing import Any, Dict, FrozenSet, Iterable, List, Optional, Sequence, Text, Tuple

from rasa.core.actions.action import Action, RemoteAction
from rasa.core.channels.channel import OutputChannel
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.constants import (
    ACTION_LISTEN_NAME,
    ACTION_VALIDATE_SLOT_MAPPINGS,
    MAPPING_TYPE,
    SlotMappingType,
)
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig
from rasa_sdk.executor import ActionExecutor

from actions.base import TurnAction
from rasa_project.graph_in_order import InOrderGraphRunner
from rasa_project.storage.short_history import events_from

logger = logging.getLogger(__name__)
_FILLED_BY_ACTIONS = {MAPPING_TYPE: str(SlotMappingType.CUSTOM)}


class InProcessActions(EndpointConfig):
    """Stands where Rasa has the address of an action server, and runs the action here.

    The same ``actions`` package that ``rasa run actions`` serves; only the way there
    is shorter.
    """

    def __init__(self) -> None:
        # Rasa's own option: the domain goes only to actions that ask for it; none does.
        super().__init__(url="in-process:actions", enable_selective_domain=True)
        self._executor = ActionExecutor()
        self._executor.register_package("actions")
        self.answers_whole_turn: FrozenSet[Text] = frozenset(
            name
            for name, run in self._executor.actions.items()
            if isinstance(getattr(run, "__self__", None), TurnAction)
        )

    async def request(self, *_args: Any, json: Optional[Any] = None, **_kwargs: Any) -> Any:
        """Execute the action call that Rasa would have sent."""
        return await self._executor.run(json)


class InProcessAction(RemoteAction):
    """An action whose reply never was JSON, so that there is no form of JSON to check."""

    async def run(
        self,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        tracker: DialogueStateTracker,
        domain: Domain,
    ) -> List[Event]:
        """Run it (Rasa's interface).

        Rasa builds and checks a schema of all its events for each reply: half of a turn's
        time. The SDK's executor has looked at the events already.
        """
        needs_domain = domain.does_custom_action_explicitly_need_domain(self.name())
        call = {
            "next_action": self.name(),
            "sender_id": tracker.sender_id,
            "tracker": {**tracker.current_state(), "events": _EventsIfAsked(tracker.events)},
            "domain": domain.as_dict() if needs_domain else {},
        }
        result = await self.action_endpoint.request(json=call)
        said = await self._utter_responses(result["responses"], output_channel, nlg, tracker)
        return [*said, *events_from(result["events"])]


class _EventsIfAsked(Sequence[Dict[Text, Any]]):
    """A conversation's events as an action sees them; none of ours looks at them."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._events = list(events)

    def __len__(self) -> int:
        return len(self._events)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [event.as_dict() for event in self._events[place]]
        return self._events[place].as_dict()


class InProcessProcessor(MessageProcessor):
    """A loaded processor that runs actions in this process.

    Args:
        loaded: Rasa's, with its model. Its parts are taken over, not loaded again.
        actions: Where actions are executed.
    """

    def __init__(self, loaded: MessageProcessor, actions: InProcessActions) -> None:
        self.__dict__.update(loaded.__dict__)
        self.action_endpoint = self._actions = actions
        if isinstance(loaded.graph_runner, DaskGraphRunner):
            self.graph_runner = InOrderGraphRunner.around(loaded.graph_runner)

    def predict_next_with_tracker_if_should(
        self, tracker: DialogueStateTracker
    ) -> Tuple[Action, PolicyPrediction]:
        """The next action: as Rasa predicts it, and after an action of ours listening.

        Our actions answer the whole turn (actions/base.py), and every policy says so. To
        ask all of them again is a third of a turn's time.
        """
        answered = tracker.latest_action_name in self._actions.answers_whole_turn
        if answered and not tracker.followup_action:
            return self._get_action(ACTION_LISTEN_NAME), self._listening
        action, prediction = super().predict_next_with_tracker_if_should(tracker)
        return self._here(action), prediction

    async def run_action_extract_slots(
        self, output_channel: OutputChannel, tracker: DialogueStateTracker
    ) -> DialogueStateTracker:
        """Fill slots from what was just said (Rasa's interface).

        Without entities there is nothing in a message that one of our slots could hold.
        """
        if self._slots_hold_only_entities and not tracker.latest_message.entities:
            return tracker
        return await super().run_action_extract_slots(output_channel, tracker)

    @cached_property
    def _slots_hold_only_entities(self) -> bool:
        mappings = [mapping for slot in self.domain.slots for mapping in slot.mappings]
        return ACTION_VALIDATE_SLOT_MAPPINGS not in self.domain.user_actions and all(
            mapping == _FILLED_BY_ACTIONS
            or mapping[MAPPING_TYPE] == str(SlotMappingType.FROM_ENTITY)
            for mapping in mappings
        )

    async def _run_action(
        self,
        action: Action,
        tracker: DialogueStateTracker,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        prediction: PolicyPrediction,
    ) -> bool:
        name, events = action.name(), []
        is_ours = name in self._actions.answers_whole_turn and not tracker.active_loop
        if not is_ours and name != ACTION_LISTEN_NAME:
            return bool(await super()._run_action(action, tracker, output_channel, nlg, prediction))
        # Rasa gives an action a copy of the conversation. Listening needs none, and to an action
        # of ours goes only what can be sent to another server.
        if is_ours:
            events = await self._said_by(action, tracker, output_channel, nlg)
        tracker.update_with_events(prediction.events, self.domain)
        tracker.update(action.event_for_successful_execution(prediction))
        tracker.update_with_events(events, self.domain)
        await self._send_bot_messages(events, tracker, output_channel)
        return is_ours

    async def _said_by(
        self,
        action: Action,
        tracker: DialogueStateTracker,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
    ) -> List[Event]:
        try:
            return list(await action.run(output_channel, nlg, tracker, self.domain))
        except Exception:  # noqa: BLE001 - as in Rasa, the turn goes on; the channel says a sentence
            logger.exception("%s failed", action.name())
            return []

    def _check_for_unseen_features(self, parse_data: Dict[Text, Any]) -> None:
        # Rasa makes an empty domain for each message, to see whether ours is one.
        if parse_data["entities"] or parse_data["intent"]["name"] not in self._intents:
            super()._check_for_unseen_features(parse_data)

    @cached_property
    def _intents(self) -> FrozenSet[Text]:
        return frozenset(self.domain.intents)

    @cached_property
    def _listening(self) -> PolicyPrediction:
        return PolicyPrediction.for_action_name(self.domain, ACTION_LISTEN_NAME)

    def _get_action(self, action_name: Text) -> Action:
        return self._here(super()._get_action(action_name))

    def _here(self, action: Action) -> Action:
        if isinstance(action, RemoteAction):
            return InProcessAction(action.name(), self.action_endpoint)
        return action
