"""Run a trained model's graph node by node, without planning it anew for each message."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Text, Tuple

from rasa.engine.graph import ExecutionContext, GraphNode, GraphNodeHook, GraphSchema
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.storage import ModelStorage

_Plan = List[Tuple[Text, GraphNode, Tuple[Text, ...]]]


class InOrderGraphRunner(GraphRunner):
    """Rasa's interface for running graphs, without dask's scheduler.

    Dask orders the nodes for every message, three times a turn. Here the order is found
    once per target.

    Args:
        graph_schema: Of the trained model.
        nodes: Its nodes, with their components loaded.
    """

    def __init__(self, graph_schema: GraphSchema, nodes: Dict[Text, GraphNode]) -> None:
        self._schema = graph_schema
        self._nodes = nodes
        self._plans: Dict[Tuple[Text, ...], _Plan] = {}

    @classmethod
    def create(
        cls,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: Optional[List[GraphNodeHook]] = None,
    ) -> "InOrderGraphRunner":
        """Load the components of a graph (Rasa's interface)."""
        loaded = DaskGraphRunner.create(graph_schema, model_storage, execution_context, hooks)
        return cls.around(loaded)

    @classmethod
    def around(cls, loaded: DaskGraphRunner) -> "InOrderGraphRunner":
        """Take over what Rasa loaded, so that nothing is loaded twice."""
        return cls(loaded._graph_schema, loaded._instantiated_nodes)

    def run(
        self,
        inputs: Optional[Dict[Text, Any]] = None,
        targets: Optional[List[Text]] = None,
    ) -> Dict[Text, Any]:
        """Run what the targets need (Rasa's interface)."""
        wanted = tuple(targets or self._schema.target_names)
        if wanted not in self._plans:
            self._plans[wanted] = self._plan(wanted)
        done: Dict[Text, Any] = {name: (name, value) for name, value in (inputs or {}).items()}
        for name, node, needs in self._plans[wanted]:
            # Like dask, a name that nobody gave goes in as it is; the node says what is wrong.
            done[name] = node(*(done.get(need, need) for need in needs))
        return {name: done[name][1] for name in wanted}

    def _plan(self, targets: Tuple[Text, ...]) -> _Plan:
        """The nodes in an order in which each comes after all that it needs."""
        plan: _Plan = []
        planned = set()

        def visit(name: Text) -> None:
            # What is no node is an input.
            if name in planned or name not in self._nodes:
                return
            planned.add(name)
            needs = tuple(self._schema.nodes[name].needs.values())
            for need in needs:
                visit(need)
            plan.append((name, self._nodes[name], needs))

        for target in targets:
            visit(target)
        return plan
