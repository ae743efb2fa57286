"""Fear of a serious disease is not a wish to die: who worries is not frightened further.

Found by talking to the assistant, not on a held-out set.
"""

from __future__ import annotations

import pytest

from rasa_project.redflags.urgency import Urgency
from tests.language.measure import Reader

WORRIES = [
    "ik maak me zorgen, straks is het kanker",
    "ik ben bang dat het kanker is",
    "straks is het een tumor",
    "mijn grootste angst is dat het kanker is",
    "ik slaap niet van de angst dat het iets ernstigs is",
    "ik ben zo bang dat ik iets ergs heb",
    "ik ben bang dat ik in een rolstoel eindig",
    "wat als ik verlamd raak",
    "ik maak me zo ongerust over mijn rug",
    "ik word gek van de zorgen om mijn rug",
    "help ik ben in paniek",
]


@pytest.fixture(scope="module")
def reader():
    return Reader()


@pytest.mark.model
@pytest.mark.parametrize("worry", WORRIES)
async def test_a_worry_raises_no_alarm(reader, worry):
    assert (await reader.read(worry)).urgency is Urgency.NONE
