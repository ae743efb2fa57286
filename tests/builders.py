"""Small practices, answers and red-flag rules, made up for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List

from ruamel.yaml import YAML

from rasa_project.knowledge.entries import PRACTICE_PLACEHOLDERS
from rasa_project.practice import Practice
from rasa_project.redflags.catalogue import RedFlagCatalogue

NL_PHONE = "010 - 123 45 67"
BE_PHONE = "03 123 45 67"
HOURS = {"maandag": ["08:00-12:00", "13:00-17:30"], "dinsdag": ["08:00-12:00"]}


def practice(**fields: Any) -> Practice:
    """A Dutch practice with nothing but a name and a number, and what is given."""
    return Practice.parse_obj({"name": "De Brug", "country": "NL", "phone": NL_PHONE, **fields})


def belgian_practice(**fields: Any) -> Practice:
    return practice(**{"name": "De Kaai", "country": "BE", "phone": BE_PHONE, **fields})


def topic(topic_id: str, **fields: Any) -> Dict[str, Any]:
    """One answer as it stands in a knowledge file."""
    return {
        "id": topic_id,
        "question": f"Wat is {topic_id}?",
        "button": topic_id[:30],
        "short": f"Het korte antwoord over {topic_id}. Bel {{telefoon}}.",
        "more": f"Het lange antwoord over {topic_id}. Vraag het je {{therapeut}}.",
        "simple": f"Het simpele antwoord over {topic_id}.",
        "sources": ["BRON1"],
        "follow_ups": ["koude" if topic_id != "koude" else "warmte"],
        "review": {"status": "concept"},
        **fields,
    }


SOURCES: Dict[str, Any] = {
    "BRON1": {
        "reference": "Richtlijn Lage rugpijn",
        "year": "2021",
        "kind": "richtlijn",
        "address": "kngf.nl/richtlijn",
    },
    "BRON2": {"reference": "Een verhaal", "year": "zonder jaar", "kind": "artikel"},
}
WORDING: Dict[str, Dict[str, str]] = {
    "NL": {"therapeut": "fysiotherapeut", "avondpost_bellen": "bel de huisartsenpost"},
    "BE": {"therapeut": "kinesitherapeut", "avondpost_bellen": "bel 1733"},
    "empty": {
        name: f"bel ons over {name}: {{telefoon}}"
        for name in sorted(PRACTICE_PLACEHOLDERS - {"praktijk", "telefoon"})
    },
}


def write_yaml(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(content, file)
    return path


def write_knowledge(folder: Path, topics: List[Dict[str, Any]], **files: Any) -> Path:
    """A folder as ``data/knowledge``, with one group of topics.

    Args:
        folder: Where.
        topics: The answers.
        files: ``sources`` or ``wording`` when they differ from the usual.
    """
    write_yaml(folder / "sources.yml", {"sources": files.get("sources", SOURCES)})
    write_yaml(folder / "wording.yml", files.get("wording", WORDING))
    write_yaml(folder / "zelf-doen.yml", {"group": "zelf-doen", "topics": topics})
    return folder


def _texts(nl: str, be: str) -> Dict[str, str]:
    return {"NL": nl, "BE": be}


CATALOGUE: Dict[str, Any] = {
    "aliases": {"kannie": "kan niet", "k": "ik"},
    "terms": {
        "kan-niet": ["kan niet", "niet kan", "kan ik niet"],
        "plassen": ["plas*"],
        "koorts": ["koorts"],
        "rug": ["rug*", "=kruis"],
        "gevallen": ["gevallen"],
        "trap": ["trap"],
        "oefening": ["oefening*"],
        "wil": ["wil"],
        "dood": ["=dood"],
    },
    "barriers": ["want", "omdat"],
    "first_person": ["ik", "mijn"],
    "silenced_by": [
        "Negation.Negated",
        "Aim.Information",
        "Time.Past",
        "Person.Other & Tense.Past",
    ],
    "qualifiers": [
        {
            "qualifier": "Negation.Negated",
            "direction": "preceding",
            "max_scope": 4,
            "patterns": ["geen", "niet"],
        },
        {
            "qualifier": "Negation.Negated",
            "direction": "pseudo",
            "patterns": ["geen idee of"],
        },
        {"qualifier": "Negation.Negated", "direction": "termination", "patterns": ["maar"]},
        {"qualifier": "Person.Other", "direction": "preceding", "patterns": ["moeder"]},
        {"qualifier": "Tense.Past", "direction": "preceding", "patterns": ["had"]},
        {"qualifier": "Time.Past", "direction": "preceding", "patterns": ["vorig jaar"]},
        {"qualifier": "Aim.Information", "direction": "preceding", "patterns": ["wat is"]},
    ],
    "flags": {
        "RF01": {
            "name": "cauda-equina",
            "sources": ["BRON1"],
            "repeat": _texts("Bel nog eens de huisartsenpost.", "Bel nog eens 1733."),
            "say": {
                "same_day": _texts("Bel nu de huisartsenpost.", "Bel nu 1733."),
                "emergency": _texts("Bel nu 112 voor je rug.", "Bel nu 112 voor je rug."),
            },
            "confirm": [
                {"question": "Voelt het doof?", "alarm_on": "ja", "urgency": "same_day"},
                {"question": "Kun je plassen?", "alarm_on": "nee", "urgency": "same_day"},
            ],
            "worse": {
                "same_day": {
                    "question": "Kun je je benen bewegen?",
                    "alarm_on": "nee",
                    "urgency": "emergency",
                }
            },
        },
        "RF05": {
            "name": "koorts",
            "sources": ["BRON1"],
            "repeat": _texts("Bel over je koorts (NL).", "Bel over je koorts (BE)."),
            "say": {"soon": _texts("Maak een afspraak (NL).", "Maak een afspraak (BE).")},
            "confirm": [{"question": "Heb je koorts?", "alarm_on": "ja", "urgency": "soon"}],
        },
        "RF17": {
            "name": "suicide",
            "sources": ["BRON1"],
            "repeat": _texts("Bel 113.", "Bel 1813."),
            "say": {
                "same_day": _texts("Praat erover: bel 113.", "Praat erover: bel 1813."),
                "emergency": _texts("Bel 112 of 113.", "Bel 112 of 1813."),
            },
            "confirm": [
                {"question": "Denk je aan de dood?", "alarm_on": "ja", "urgency": "same_day"}
            ],
            "with_question": _texts("Praten kan: 113.", "Praten kan: 1813."),
        },
    },
    "signs": [
        {
            "id": "RF01-plassen",
            "flag": "RF01",
            "urgency": "same_day",
            "patterns": [{"terms": ["kan-niet", "plassen"], "window": 6}],
            "unless": ["oefening"],
        },
        {
            "id": "RF01-val",
            "flag": "RF01",
            "urgency": "emergency",
            "qualified_on": "first",
            "patterns": [{"terms": ["gevallen", "trap"], "window": 5}],
            "anywhere": ["rug"],
        },
        {
            "id": "RF05-koorts",
            "flag": "RF05",
            "urgency": "soon",
            "patterns": [["koorts"]],
        },
        {
            "id": "RF17-wens",
            "flag": "RF17",
            "urgency": "same_day",
            "patterns": [{"terms": ["wil", "dood"], "ordered": True}],
        },
    ],
}


def small_catalogue(**changes: Any) -> RedFlagCatalogue:
    """Three flags with four signs, and what is given instead."""
    return RedFlagCatalogue.parse_obj({**CATALOGUE, "fingerprint": "test-rules", **changes})
