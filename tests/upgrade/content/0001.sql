INSERT INTO topic (id, topic_group, question, button, "position", active)
VALUES ('warmte', 'zelf-doen', 'Helpt warmte?', 'Warmte', 0, true);
INSERT INTO source ("key", reference, "year", kind, address)
VALUES ('NHG', 'NHG-Standaard Aspecifieke lagerugpijn', '2017', 'richtlijn', 'https://nhg.example');
INSERT INTO answer_revision (topic_id, revision, current, fingerprint, short_nl, more_nl,
    short_be, more_be, follow_ups, review_status, loaded_at)
VALUES ('warmte', 3, true, 'as-it-was', 'Warmte mag.', 'Warmte mag altijd.',
    'Warmte mag, ook hier.', 'Warmte mag altijd, ook hier.', '["koude"]', 'concept',
    '2026-01-02 03:04:00');
INSERT INTO answer_source (answer_id, source_key, "position")
SELECT id, 'NHG', 0 FROM answer_revision;
INSERT INTO red_flag_event (conversation, happened_at, flag, sign, urgency, rules_version)
VALUES ('web:0f007385b6f9d4b7eeb2748605afe1a984a0a3bf', '2026-01-02 10:00:02', 'RF01',
    'RF01-plassen', 'same_day', 'v1');
INSERT INTO events (sender_id, type_name, timestamp, intent_name, action_name, data)
VALUES ('web:0f007385b6f9d4b7eeb2748605afe1a984a0a3bf', 'session_started', 1767348000.0, NULL, NULL,
    '{"event": "session_started", "timestamp": 1767348000.0}');
INSERT INTO events (sender_id, type_name, timestamp, intent_name, action_name, data)
VALUES ('web:0f007385b6f9d4b7eeb2748605afe1a984a0a3bf', 'action', 1767348000.1, NULL,
    'action_listen', '{"event": "action", "timestamp": 1767348000.1, "name": "action_listen"}');
INSERT INTO events (sender_id, type_name, timestamp, intent_name, action_name, data)
VALUES ('web:0f007385b6f9d4b7eeb2748605afe1a984a0a3bf', 'user', 1767348001.0, 'warmte', NULL,
    '{"event": "user", "timestamp": 1767348001.0, "text": "Ik kan niet meer plassen", "parse_data": {"intent": {"name": "warmte"}, "entities": []}}');
INSERT INTO events (sender_id, type_name, timestamp, intent_name, action_name, data)
VALUES ('web:0f007385b6f9d4b7eeb2748605afe1a984a0a3bf', 'slot', 1767348002.0, NULL, NULL,
    '{"event": "slot", "timestamp": 1767348002.0, "name": "urgency", "value": "same_day"}');
INSERT INTO events (sender_id, type_name, timestamp, intent_name, action_name, data)
VALUES ('web:0f007385b6f9d4b7eeb2748605afe1a984a0a3bf', 'bot', 1767348002.1, NULL, NULL,
    '{"event": "bot", "timestamp": 1767348002.1, "text": "Bel nu je huisarts.", "data": {}}');
INSERT INTO events (sender_id, type_name, timestamp, intent_name, action_name, data)
VALUES ('web:0f007385b6f9d4b7eeb2748605afe1a984a0a3bf', 'action', 1767348002.2, NULL,
    'action_listen', '{"event": "action", "timestamp": 1767348002.2, "name": "action_listen"}');
