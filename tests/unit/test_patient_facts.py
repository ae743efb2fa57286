"""What patients tell about themselves."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rasa_project.facts.patient_facts import patient_facts, read_fact_words

WORDS = read_fact_words(Path(__file__).parents[2] / "data" / "facts.yml")
SUNDAY = date(2026, 11, 22)


def told(message: str, fact: str):
    return patient_facts(message, WORDS, SUNDAY).get(fact)


@pytest.mark.parametrize(
    ("message", "days"),
    [
        # amounts
        ("al 3 weken", 21),
        ("al drie weken last", 21),
        ("een half jaar rugpijn", 182),
        ("al een half jaar pijn", 182),
        ("al anderhalf jaar pijn in mijn rug", 547),
        ("al jaren", 730),
        ("al maanden pijn", 90),
        ("al weken last van mijn rug", 21),
        ("al dagen", 4),
        ("ik heb al een paar dagen pijn", 2.5),
        ("een paar weken", 17.5),
        ("'n week of 3", 21),
        ("3 à 4 weken", 24.5),
        ("drie tot vier weken", 24.5),
        ("al 3-4 weken pijn", 24.5),
        ("al twee en een halve maand pijn", 75),
        ("al 2,5 maand rugpijn", 75),
        ("al 2½ maand rugpijn", 75),
        ("rugpijn al bijna 2 maand", 60),
        ("ruim een jaar", 365),
        ("al een jaar en een half pijn", 547),
        ("al 3 wkn pijn", 21),
        ("2 mnd rugpijn", 60),
        ("al 3wkn rugpijn", 21),
        ("6 weken lang pijn", 42),
        ("al weken aan een stuk pijn", 21),
        ("nu de derde week", 21),
        ("langer dan drie maanden", 90),
        ("korter dan 6 weken", 42),
        ("6 tot 12 weken", 63),
        ("al 1,5 jaar last", 547),
        ("al een viertal weken pijn", 28),
        ("al 45 jaar rugpijn", 16425),
        ("de laatste 2 weken veel pijn", 14),
        ("al 3 uur pijn in mijn rug", 0.125),
        ("jarenlang rugpijn", 730),
        # days
        ("sinds gisteren", 1),
        ("sinds eergisteren pijn", 2),
        ("sinds vanmorgen rugpijn", 0.5),
        ("sinds vannacht", 0.5),
        ("sinds vorige week", 7),
        ("sinds maandag pijn", 6),
        ("sinds het weekend last", 1),
        ("sinds vorige maand rugpijn", 30),
        ("sinds juli last van mijn rug", 130),
        ("sinds begin september pijn", 79),
        ("sinds vorige zomer", 130),
        ("sinds kerst pijn", 332),
        ("sinds 2019 rugpijn", 2701),
        ("sinds 12 oktober pijn", 41),
        ("sinds de val in maart rugpijn", 252),
        ("ik ben 45 en heb sinds mijn 30e rugpijn", 5475),
        ("sinds mijn 30e rugpijn", None),
        ("gisteren door mijn rug gegaan", 1),
        ("twee dagen geleden verschoten", 2),
        ("vanmorgen in mijn rug geschoten", 0.5),
        ("vorige week dinsdag begonnen", 12),
        ("vrijdag door mijn rug gegaan", 2),
        ("sinds zaterdagmorgen pijn", 1),
        ("rugpijn na het tuinieren gisteren", 1),
        ("gisteren had ik minder pijn", None),
        ("nooit rugpijn gehad tot vorige week", 7),
        ("hernia sinds 2 jaar geen operatie gehad", 730),
        ("ik heb veel pijn rug, 2 maanden", 60),
        # in words only
        ("ik heb mijn hele leven al rugpijn", 3650),
        ("rugpijn sinds mijn tienerjaren", 3650),
        ("ik heb chronische rugpijn", 180),
        ("de pijn is pas begonnen", 2),
        # Flemish, second language, typos
        ("sedert 3 weken pijn", 21),
        ("al 'n maand of twee last", 60),
        ("ondertussen 3 weken", 21),
        ("van 't weekend door mijn rug gegaan", 1),
        ("'t is nu 3 dagen", 3),
        ("kheb al ne week of twee pijn in men rug", 14),
        ("3 week rugpijn", 21),
        ("ik heb pijn 2 maand", 60),
        ("al 3 weeken pijn", 21),
        ("al 2 maandn last", 60),
        ("sinds gistren pijn", 1),
        ("AL DRIE WEKEN PIJN", 21),
        # several: the longest about the complaint
        ("al 10 jaar last, sinds 2 weken erger", 3650),
        ("2 dagen geleden begonnen, nu al 1 jaar werk ik hier", 2),
        ("mijn man heeft al 3 weken pijn, ik al 2 dagen", 2),
        ("ik werk al 10 jaar in de bouw en heb nu 2 weken rugpijn", 14),
        ("2 maanden geleden bevallen en sindsdien rugpijn", 60),
        # not the writer's complaint
        ("over 3 weken op vakantie met mijn rug", None),
        ("binnen 2 weken loop ik een marathon", None),
        ("ik ben 20 weken zwanger en heb rugpijn", None),
        ("3 weken geleden geopereerd aan mijn rug", None),
        ("2 maanden geleden bevallen", None),
        ("al 10 jaar werk ik in de bouw", None),
        ("ik loop al 3 jaar hard", None),
        ("3 keer per week sporten", None),
        ("om de 2 weken rugpijn", None),
        ("elke dag pijn", None),
        ("elke 2 weken pijn in mijn rug", None),
        ("hoe lang duurt het, 6 weken?", None),
        ("na hoeveel weken is rugpijn over", None),
        ("is de pijn binnen 3 dagen over?", None),
        ("gaat een hernia over in 6 weken", None),
        ("ik ben 45 jaar", None),
        ("het kost 45 euro", None),
        ("een kwartier stijf", None),
        ("een half uur stijf in de ochtend", None),
        ("mijn man heeft al 3 weken pijn", None),
        ("mijn moeder van 82 heeft rugpijn, al een jaar", None),
        ("ik heb al 2 weken geen pijn meer", None),
        ("ik slik al 3 weken ibuprofen", None),
        ("wat is chronische pijn?", None),
        ("pas begonnen met hardlopen", None),
        ("mag je sporten als je al 3 weken rugpijn hebt?", None),
        ("in het weekend heb ik minder pijn", None),
        ("volgende week maandag heb ik een afspraak voor mijn rug", None),
    ],
)
def test_how_long_the_complaint_lasts(message, days):
    found = told(message, "pain_days")
    assert found == (None if days is None else pytest.approx(days, rel=0.05))


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("de pijn straalt uit naar mijn linkerbeen", True),
        ("pijn in rug en been", True),
        ("pijn van mijn bil tot mijn kuit", True),
        ("tintelingen in mijn voet", True),
        ("mijn been tintelt", True),
        ("het trekt door naar mijn bil", True),
        ("been doet ook pijn", True),
        ("zenuwpijn tot in mijn enkel", True),
        ("ja tot in mijn tenen", True),
        ("geen pijn in mijn benen", False),
        ("het straalt niet uit", False),
        ("geen uitstraling", False),
        ("pijn zonder uitstraling naar het been", False),
        ("mijn been doet geen pijn", False),
        ("rugpijn, maar niet in mijn benen", False),
        ("de pijn zit niet alleen in mijn rug maar trekt naar mijn been", True),
        ("is uitstraling in het been een hernia?", None),
        ("mijn moeder heeft pijn in haar been", None),
        ("rugpijn", None),
        ("pijn in mijn arm", None),
        ("als de pijn uitstraalt naar het been, wat dan", None),
    ],
)
def test_pain_in_the_leg(message, expected):
    assert told(message, "leg_pain") is expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("ik ben zwanger", True),
        ("20 weken zwanger", True),
        ("ik ben in verwachting", True),
        ("ik ben uitgerekend in mei", True),
        ("ben 6 maand ver", True),
        ("ik ben 31 weken en heb bekkenpijn", True),
        ("ook als ik zwanger ben?", True),
        ("ben zwnger en heb rugpijn", True),
        ("ik ben niet zwanger", False),
        ("nee, niet zwanger", False),
        ("toen ik zwanger was had ik rugpijn", None),
        ("mijn vrouw is zwanger", None),
        ("mag dat als je zwanger bent", None),
        ("ik wil zwanger worden", None),
        ("mijn zwager heeft rugpijn", None),
        ("ze is zwanger en heeft rugpijn", None),
    ],
)
def test_a_pregnancy(message, expected):
    assert told(message, "pregnant") is expected


@pytest.mark.parametrize(
    ("message", "years"),
    [
        ("ik ben 45", 45),
        ("ik ben een man van 72", 72),
        ("45 jaar oud", 45),
        ("ben 81 jr", 81),
        ("74j", 74),
        ("vrouw, 33", 33),
        ("man 58 met rugpijn", 58),
        ("ik word volgende maand 60", 59),
        ("ik ben in de zeventig", 75),
        ("tachtiger met rugpijn", 85),
        ("ik ben vijfenveertig", 45),
        ("ik ben een 38-jarige vrouw", 38),
        ("ik ben begin vijftig", 52),
        ("ik ben geboren in 1958", 68),
        ("ik ben een moeder van 34", 34),
        ("ben een gepensioneerde leraar van 71", 71),
        ("net 30 geworden en nu rugpijn", 30),
        ("mijn moeder van 82 heeft rugpijn", None),
        ("mijn kind van 8", None),
        ("ik heb een kind van 12", None),
        ("ik ben 20 weken zwanger", None),
        ("ik ben 1,80", None),
        ("ik ben 80 kilo", None),
        ("ik werk 30 uur", None),
        ("al 20 jaar rugpijn", None),
        ("mijn man is 60", None),
        ("ik ben 12 dagen thuis", None),
        ("ik ben 10 jaar geleden gevallen", None),
    ],
)
def test_the_age(message, years):
    assert told(message, "age") == years


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("ik werk in de bouw", "heavy"),
        ("ik werk al 12 jaar in de zorg", "heavy"),
        ("werk in een magazijn", "heavy"),
        ("ik ben stratenmaker", "heavy"),
        ("ik ben verpleegkundige op de spoed", "heavy"),
        ("ik ben kapper", "heavy"),
        ("ik ben verpleegkundge", "heavy"),
        ("ik sta de hele dag in de winkel", "heavy"),
        ("ik zit de hele dag achter de computer", "sitting"),
        ("ik heb een kantoorbaan", "sitting"),
        ("ik ben chauffeur", "sitting"),
        ("ik werk op kantoor", "sitting"),
        ("mijn man is stratenmaker", None),
        ("mijn zoon werkt in de bouw", None),
        ("ik ben bij de kapper door mijn rug gegaan", None),
        ("vroeger werkte ik in de bouw", None),
        ("de verpleegkundige zei dat het goed was", None),
        ("kan ik aan het werk blijven", None),
        ("kan ik met rugpijn werken in de zorg?", None),
    ],
)
def test_the_work(message, kind):
    assert told(message, "work") == kind


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("ik ben geopereerd aan mijn hernia", True),
        ("3 weken geleden geopereerd aan mijn rug", True),
        ("na mijn rugoperatie bleef de pijn", True),
        ("ze hebben me aan mijn rug geopereerd", True),
        ("ik heb een herniaoperatie gehad", True),
        ("ik ben geopereert aan mijn rug", True),
        ("ik ben nooit aan mijn rug geopereerd", False),
        ("moet ik geopereerd worden?", None),
        ("moet ik aan mijn hernia geopereerd worden?", None),
        ("ik word volgende week aan mijn rug geopereerd", None),
        ("ik ben geopereerd aan mijn knie", None),
        ("mijn blindedarm is geopereerd en nu rugpijn", None),
        ("mijn vader is aan zijn rug geopereerd", None),
        ("wanneer mag je sporten na een rugoperatie", None),
    ],
)
def test_an_operation_on_the_back(message, expected):
    assert told(message, "operated") is expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("ik woon in België", "BE"),
        ("ik woon in Gent", "BE"),
        ("ik woon al 10 jaar in Antwerpen", "BE"),
        ("ik ben van Leuven", "BE"),
        ("ik zit in Nederland", "NL"),
        ("ik woon in Utrecht", "NL"),
        ("ben Belg", "BE"),
        ("ik ben bij de CM", "BE"),
        ("betaalt mijn mutualiteit dat terug", "BE"),
        ("gaat dat van mijn eigen risico af", "NL"),
        ("ik ben verzekerd bij Zilveren Kruis", "NL"),
        ("vergoedt CZ fysio", "NL"),
        ("ik zit bij VGZ", "NL"),
        ("ik zit bij menzis", "NL"),
        ("kheb zeer aan men rug, wa moek doen", None),
        ("op vakantie in België door mijn rug gegaan", None),
        ("ik zit in België op vakantie", None),
        ("mijn zoon woont in Gent", None),
        ("is sporten op eigen risico", None),
        ("ik heb een litteken van 5 cm", None),
    ],
)
def test_the_country(message, expected):
    assert told(message, "country") == expected


@pytest.mark.parametrize("said", ["korter dan {}", "minder dan {} pijn", "ik heb nog geen {} pijn"])
@pytest.mark.parametrize("amount", ["6 weken", "een maand"])
def test_less_than_a_duration_is_told_from_that_duration(said, amount):
    assert told(said.format(amount), "pain_days") < told(f"al {amount} pijn", "pain_days")


def test_one_message_may_tell_everything():
    message = (
        "Ik ben 48, verpleegkundige, woon in Mechelen en ben 20 weken zwanger. "
        "Al 3 weken pijn die uitstraalt naar mijn been. In 2019 geopereerd aan mijn rug."
    )
    assert patient_facts(message, WORDS, SUNDAY) == {
        "pain_days": 21.0,
        "leg_pain": True,
        "pregnant": True,
        "age": 48,
        "work": "heavy",
        "operated": True,
        "country": "BE",
    }


@pytest.mark.parametrize("message", ["", " ", "?", "hallo", "Nee", "wat kost een behandeling?"])
def test_nothing_told_is_nothing_known(message):
    assert patient_facts(message, WORDS, SUNDAY) == {}


_PIECES = ["al", "3", "weken", "sinds", "31 april", "ik ben", "1/2", "½", "mijn", "jaar", "?", "half", "29 feb 2023",
           "sinds 45/99", "20e", "en een", ".", "²", "zwanger", "been", "geopereerd", "in de", "70", "1.2.3"]  # fmt: skip


@settings(deadline=None)
@given(st.one_of(st.text(), st.lists(st.sampled_from(_PIECES)).map(" ".join)))
@example("al ² weken")
@example("al ٣ weken pijn")
@example("sinds 31 april")
@example("al 1.2.3 weken")
def test_no_text_raises(message):
    facts = patient_facts(message, WORDS, SUNDAY)
    assert facts.get("pain_days", 1) > 0


@given(st.dates(min_value=date(2024, 2, 29), max_value=date(2032, 12, 31)))
def test_every_day_of_the_year_can_be_today(today):
    for message in ("sinds maandag pijn", "sinds kerst pijn", "sinds eind vorige maand pijn"):
        assert patient_facts(message, WORDS, today)["pain_days"] > 0
