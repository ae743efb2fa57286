"""Messages as nobody should send them, and alarm sentences with noise around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, List

from hypothesis import strategies as st

from rasa_project.redflags.urgency import Urgency
from tests.language.measure import read_set
from tests.redflags.levels import URGENCY_OF
from tests.redflags.phrases import FOLDER, rows

ZERO_WIDTH = [
    "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u180e", "\u034f", "\u061c",
    "\ufe0f", "\u115f", "\u3164", "\U000e0020", "\U000e0041", "\U000e0101", "\u206a", "\ufff9",
]  # fmt: skip
BIDI = [
    "\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069",
    "\u200e", "\u200f",
]  # fmt: skip
SPACES = [" ", "  ", "\t", "\n", "\u00a0", "\u2003", "\u2009", "\u202f", "\u3000", "\u2028", "\r\n"]
COMBINING = ["\u0300", "\u0301", "\u0308", "\u0327", "\u0336", "\u0489", "\u20dd", "\u0334"]
FRAGMENTS = [
    "'; DROP TABLE events; --", "' OR '1'='1", "1); DELETE FROM conversation; --", "\" OR 1=1 #",
    "UNION SELECT token_hash FROM website_session", "{{7*7}}", "{{config.items()}}", "${7*7}",
    "${jndi:ldap://127.0.0.1/a}", "<%= 7*7 %>", "{% for x in y %}", "#{7*7}", "%s%s%n%x", "{0}",
    "{telefoon}", "{praktijk}", "__import__('os')", "$(reboot)", "`reboot`", "| cat /etc/passwd",
    "../../../etc/passwd", "\\..\\..\\", "%00", "%0d%0aSet-Cookie: a=b", "\r\nX-Header: a",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>",
    "[a](javascript:alert(1))", "<!--", "]]>", "<![CDATA[", "&lt;b&gt;", "&#0;", "\\u0000",
    "/restart", "/tillen{\"a\": \"b\"}", "/session_start", "EXTERNAL: x", "/mens-spreken", "NaN",
    "1e999", "-0", "null", "undefined", "true", "99999999999999999999999999", "0x7fffffff",
    "http://127.0.0.1:5005/metrics", "(?:a+)+$", "a" * 200 + "!", "_" * 100, "((((((((((", "😭" * 40,
]  # fmt: skip
TAGS = ["b", "i", "div", "a href='x'", "blockquote", "ul><li", "table><tr><td", "svg"]
ALARMS = {row["text"]: URGENCY_OF[row["level"]] for row in rows(FOLDER / "strong_alarms.tsv")}
ORDINARY: List[str] = [
    row["text"]
    for name in ("topics_everyday", "topics_flemish_l2", "two_questions", "off_topic")
    for row in read_set(name)
]


@dataclass(frozen=True)
class Sent:
    """A message, and what it must raise at the least."""

    text: str
    due: Urgency = Urgency.NONE


any_plane = st.text(st.characters(max_codepoint=0x10FFFF), max_size=120)
one_plane = st.sampled_from(range(17)).flatmap(
    lambda plane: st.text(
        st.characters(
            min_codepoint=max(1, plane << 16),
            max_codepoint=(plane << 16) + 0xFFFF,
            blacklist_categories=(),
        ),
        max_size=60,
    )
)
invisible = st.sampled_from([*ZERO_WIDTH, *BIDI])
fragment = st.sampled_from(FRAGMENTS)
ordinary = st.sampled_from(ORDINARY)


@st.composite
def sprinkled(draw: st.DrawFn, text: st.SearchStrategy, among: st.SearchStrategy) -> str:
    """A text with signs put between its characters."""
    result = draw(text)
    for _ in range(draw(st.integers(1, 8))):
        place = draw(st.integers(0, len(result)))
        result = result[:place] + draw(among) + result[place:]
    return result


@st.composite
def nested(draw: st.DrawFn, text: st.SearchStrategy) -> str:
    """A text within markup within markup."""
    result = draw(text)
    for _ in range(draw(st.integers(1, 12))):
        tag = draw(st.sampled_from(TAGS))
        closing = f"</{tag.split()[0]}>" if draw(st.booleans()) else ""
        result = f"<{tag}>{result}{closing}"
    return result


long_word = st.builds(
    lambda word, times: (word * times)[:6_000],
    st.text(st.characters(whitelist_categories=("L", "M", "N")), min_size=1, max_size=9),
    st.integers(50, 2_000),
)
heap = st.lists(st.one_of(ordinary, fragment, invisible, any_plane), min_size=1, max_size=9).map(
    " ".join
)
odd = st.one_of(
    any_plane,
    one_plane,
    sprinkled(ordinary, invisible),
    sprinkled(ordinary, st.sampled_from(COMBINING)),
    sprinkled(ordinary, fragment),
    nested(st.one_of(ordinary, fragment)),
    heap,
    ordinary,
    fragment,
    long_word,
).map(Sent)


# ---- alarm sentences that stay alarm sentences


def _between_words(text: str, space: str) -> str:
    return text.replace(" ", space)


WRAPS: List[Callable[[str], str]] = [
    lambda t: f"<b>{t}</b>",
    lambda t: f"**{t}**",
    lambda t: f"> {t}",
    lambda t: f'{{"text": "{t}"}}',
    lambda t: f"`{t}`",
    lambda t: f"[[[{t}]]]",
    lambda t: f"<p><i>{t}</i></p>",
    lambda t: f"<!-- {t} -->",
    lambda t: f"*{t}*",
    lambda t: f"_{t}_",
    lambda t: f"«{t}»",
    lambda t: f"{t} :-(",
    str.upper,
    # Letters as wide as Chinese ones, and letters with a circle.
    lambda t: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in t),
]
noise = st.one_of(st.sampled_from(FRAGMENTS), st.lists(invisible, max_size=6).map("".join)).filter(
    # What makes a command of a message, or closes its sentence, is no noise around it.
    lambda text: not text.startswith("/")
)


@st.composite
def hidden_alarm(draw: st.DrawFn) -> Sent:
    """A strong alarm sentence with noise in it and around it that hides nothing from a reader."""
    text = draw(st.sampled_from(sorted(ALARMS)))
    due = ALARMS[text]
    if draw(st.booleans()):
        text = _between_words(text, draw(st.sampled_from(SPACES)))
    if draw(st.booleans()):
        text = draw(sprinkled(st.just(text), invisible))
    if draw(st.booleans()):
        text = draw(sprinkled(st.just(text), st.sampled_from(["\u0301", "\u0308", "\u0336"])))
        # An accent needs a letter before it.
        text = text.lstrip("\u0301\u0308\u0336")
    for _ in range(draw(st.integers(0, 2))):
        text = draw(st.sampled_from(WRAPS))(text)
    if draw(st.booleans()):
        text = f"{draw(noise)}\n{text}"
    if draw(st.booleans()):
        text = f"{text}\n{draw(noise)}"
    return Sent(text, due)


# Every third one hides an alarm.
messages = st.integers(0, 2).flatmap(lambda kind: hidden_alarm() if kind == 0 else odd)
