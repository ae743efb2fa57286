"""A graph run node by node gives what dask gives."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

import pytest
from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema, SchemaNode
from rasa.engine.runner.dask import DaskGraphRunner

from rasa_project.graph_in_order import InOrderGraphRunner

RAN: List[Tuple[str, Any]] = []


class Joins(GraphComponent):
    """Puts its inputs together, and notes that it ran."""

    def __init__(self, config: Dict[str, Any]) -> None:
        self._name = config["name"]

    @classmethod
    def create(cls, config: Dict[str, Any], *_given: Any, **_named: Any) -> "Joins":
        return cls(config)

    def join(self, **parts: str) -> str:
        RAN.append((self._name, tuple(sorted(parts.items()))))
        return f"{self._name}({','.join(parts[name] for name in sorted(parts))})"


def node(name: str, **needs: str) -> SchemaNode:
    return SchemaNode(needs, Joins, "create", "join", {"name": name}, eager=True)


SCHEMA = GraphSchema(
    {
        # Written down in another order than they run in.
        "end": node("end", one="left", other="right", message="__message__"),
        "right": node("right", one="begin"),
        "left": node("left", one="begin", other="right"),
        "begin": node("begin", message="__message__"),
        "aside": node("aside", one="begin"),
    }
)


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> List[Any]:
    RAN.clear()
    context = ExecutionContext(SCHEMA)
    dask = DaskGraphRunner.create(SCHEMA, None, context)
    return [dask, InOrderGraphRunner.around(dask)]


@pytest.mark.parametrize("targets", [["end"], ["left"], ["aside", "right"], ["begin"]])
def test_the_same_comes_out(both, targets):
    inputs = {"__message__": "hallo"}
    dask, ours = (runner.run(inputs=inputs, targets=targets) for runner in both)
    assert ours == dask
    assert set(ours) == set(targets)


def test_each_node_runs_once_and_only_what_is_needed(both):
    both[1].run(inputs={"__message__": "hallo"}, targets=["end"])
    assert [name for name, _ in RAN] == ["begin", "right", "left", "end"]


def test_the_next_message_leaves_nothing_of_the_one_before(both):
    for text in ("een", "twee"):
        assert both[1].run(inputs={"__message__": text}, targets=["begin"]) == {
            "begin": f"begin({text})"
        }


def test_a_missing_input_is_an_error_and_no_empty_answer(both):
    with pytest.raises(GraphRunError, match="__message__"):
        both[1].run(inputs={}, targets=["end"])
