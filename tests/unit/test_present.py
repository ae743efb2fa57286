"""Sources and review state in words."""

from __future__ import annotations

from datetime import date

import pytest

from rasa_project.knowledge.present import links, review_line, sources_line, sources_list
from rasa_project.knowledge.repository import Answer, Source, TopicLabel

GUIDELINE = Source("Richtlijn Lage rugpijn", "2021", "richtlijn", "kngf.nl/richtlijn")
STORY = Source("Een verhaal", "zonder jaar", "artikel", "")


def answer(*sources: Source, approved: bool = False) -> Answer:
    return Answer(
        topic=TopicLabel("warmte", "zelf-doen", "Helpt warmte?", "Warmte"),
        short="kort",
        more="lang",
        simple="simpel",
        notes=(),
        ask=None,
        sources=sources,
        follow_ups=(),
        approved=approved,
        reviewed_on=date(2026, 3, 9) if approved else None,
        reviewed_by="A. de Wit" if approved else None,
        revision=1,
    )


def test_a_concept_says_so():
    assert review_line(answer(STORY)) == "Concept: nog niet nagekeken door een zorgverlener."


def test_an_approved_text_says_who_and_when():
    assert review_line(answer(STORY, approved=True)) == "Nagekeken op 9-3-2026 door A. de Wit."


def test_the_line_names_kind_and_year():
    assert sources_line([answer(GUIDELINE, STORY)]).startswith(
        "Bronnen: richtlijn (2021), artikel."
    )


def test_the_line_names_equal_sources_once_and_three_at_the_most():
    years = [Source("x", str(year), "onderzoek", "") for year in (2018, 2018, 2019, 2020, 2021)]
    assert sources_line([answer(*years)]).startswith(
        "Bronnen: onderzoek (2018), onderzoek (2019), onderzoek (2020). Concept"
    )


def test_two_answers_name_their_sources_in_turn():
    first = answer(*(Source("x", str(year), "onderzoek", "") for year in (2018, 2019, 2020)))
    assert sources_line([first, answer(GUIDELINE)]).startswith(
        "Bronnen: onderzoek (2018), richtlijn (2021), onderzoek (2019). Concept"
    )


@pytest.mark.parametrize("approved", [(True, False), (False, True), (False, False)])
def test_of_two_answers_the_one_that_was_not_reviewed_is_told(approved):
    answers = [answer(GUIDELINE, approved=one) for one in approved]
    assert sources_line(answers).endswith("Concept: nog niet nagekeken door een zorgverlener.")


def test_two_approved_answers_say_who_reviewed_them():
    both = [answer(GUIDELINE, approved=True), answer(STORY, approved=True)]
    assert sources_line(both).endswith("Nagekeken op 9-3-2026 door A. de Wit.")


def test_the_list_names_every_source_with_its_address():
    assert sources_list(answer(GUIDELINE, STORY)).splitlines() == [
        "Dit antwoord (warmte) steunt op:",
        "- Richtlijn Lage rugpijn: richtlijn (2021), https://kngf.nl/richtlijn",
        "- Een verhaal: artikel",
    ]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("thuisarts.nl/hernia", "https://thuisarts.nl/hernia"),
        ("10.7326/M16-2367", "https://doi.org/10.7326/M16-2367"),
        ("PMID 25009200", "https://pubmed.ncbi.nlm.nih.gov/25009200/"),
        ("113.nl; PMC2427077", "https://113.nl; https://pmc.ncbi.nlm.nih.gov/articles/PMC2427077/"),
        ("CMAJ Jan 2024", "CMAJ Jan 2024"),
        ("kce.fgov.be (report 287)", "kce.fgov.be (report 287)"),
    ],
)
def test_what_can_be_opened_becomes_a_link(written, shown):
    assert links(written) == shown
