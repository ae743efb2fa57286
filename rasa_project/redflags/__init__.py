"""Alarm signs: text in, findings and an urgency out. No Rasa, no database, no network.

The specification is the clinical red-flag catalogue; the rules are data in
``data/red_flags.yml``.
"""
