"""Names that Rasa's files and our code must agree on. A test compares them with domain.yml."""

SLOT_URGENCY = "urgency"
SLOT_FLAGS = "red_flags"
SLOT_LAST_TOPIC = "last_topic"
SLOT_MISSES = "misses"
# What we asked back for, what was asked before, which topics we offered, what was shown.
SLOT_ASKED = "asked"
SLOT_ASKED_BEFORE = "asked_before"
SLOT_OFFERED = "offered"
SLOT_SHOWN = "shown"
# The triage question that waits for a reply, the flags that a patient denied, where the
# check was left, and the weak signs of the conversation.
SLOT_TRIAGE = "triage"
SLOT_DENIED = "denied_flags"
SLOT_CHECK_AT = "check_at"
SLOT_WEAK_SIGNS = "weak_signs"

ACTION_ANSWER = "action_answer_topic"
ACTION_MORE = "action_more_explanation"
ACTION_SIMPLER = "action_explain_simply"
ACTION_TOLD = "action_take_in_fact"
ACTION_SOURCES = "action_show_sources"
ACTION_CLARIFY = "action_clarify"
ACTION_RED_FLAG = "action_red_flag"
ACTION_ACTIVE_FLAG = "action_repeat_red_flag"
ACTION_TRIAGE = "action_triage"
ACTION_DETECTOR_FAILED = "action_detector_failed"
ACTION_BAD_INPUT = "action_bad_input"

INTENT_FALLBACK = "nlu_fallback"
INTENT_BAD_INPUT = "onleesbaar-bericht"
INTENT_MORE = "meer-uitleg"
INTENT_SIMPLER = "snap-ik-niet"
INTENT_SOURCES = "bronnen-tonen"
INTENT_YES = "bevestigen"
INTENT_NO = "ontkennen"
INTENT_NONE_OF_THESE = "geen-van-deze"
INTENT_HUMAN = "mens-spreken"
INTENT_EMERGENCY_NUMBERS = "spoednummers-nl-be"
INTENT_REPEAT_NUMBER = "nummer-herhalen"

OTHER_LANGUAGES = ("en", "fr", "de", "tr", "ar", "pl")
INTENT_OTHER_LANGUAGE = "andere-taal"
# Every other intent is a topic of the catalogue.
NO_TOPICS = frozenset(
    [
        INTENT_MORE,
        INTENT_SIMPLER,
        INTENT_SOURCES,
        INTENT_YES,
        INTENT_NO,
        INTENT_NONE_OF_THESE,
        INTENT_REPEAT_NUMBER,
        INTENT_BAD_INPUT,
        INTENT_FALLBACK,
        "begroeting",
        "vraag-vooraf",
        "bedankt",
        "afscheid",
        "hoe-gaat-het",
        "ben-je-een-robot",
        "beledigen",
        "onzin",
        "buiten-onderwerp",
        INTENT_OTHER_LANGUAGE,
        *(f"{INTENT_OTHER_LANGUAGE}-{language}" for language in OTHER_LANGUAGES),
    ]
)

PARSE_RED_FLAGS = "red_flags"
# The flag that is only suspected, the weak signs, and whether the detector failed.
PARSE_SUSPECTED = "suspected_flag"
PARSE_WEAK_SIGNS = "weak_signs"
PARSE_DETECTOR_FAILED = "detector_failed"
PARSE_BAD_INPUT = "bad_input"
PARSE_QUESTIONS = "questions"
PARSE_FOLLOW_UP = "follow_up"
# Passed from component to component, not stored with the message.
TOPIC_PROBABILITIES = "topic_probabilities"
