INSERT INTO conversation (id, channel, created_at, token_hash, last_used_at, expires_at)
VALUES ('web:0f007385b6f9d4b7eeb2748605afe1a984a0a3bf', 'website', '2026-01-02 10:00:00',
    '0f007385b6f9d4b7eeb2748605afe1a984a0a3bfa3f014d09e2a784ce9e5cd1a', '2026-01-02 10:00:00',
    '2099-01-01 00:00:00');
INSERT INTO conversation_event (conversation, happened_at, author, kind, client_id, content)
VALUES ('web:0f007385b6f9d4b7eeb2748605afe1a984a0a3bf', '2026-01-02 10:00:01', 'patient', 'message',
    'first-message', '{"text": "Ik kan niet meer plassen"}');
INSERT INTO conversation_event (conversation, happened_at, author, kind, reply_to, content)
SELECT conversation, '2026-01-02 10:00:02', 'assistant', 'message', id,
    '{"parts": [{"text": "Bel nu je huisarts.", "buttons": []}], "alarm": "same_day", "outcome": "triage", "topics": [], "urgency": "same_day"}'
FROM conversation_event WHERE client_id = 'first-message';
INSERT INTO conversation_event (conversation, happened_at, author, kind, client_id, content)
VALUES ('web:0f007385b6f9d4b7eeb2748605afe1a984a0a3bf', '2026-01-02 10:01:00', 'patient', 'message',
    'second-message', '{"text": "Warmte", "payload": "/warmte"}');
INSERT INTO feedback (event, conversation, useful, given_at)
SELECT id, conversation, true, '2026-01-02 10:00:30'
FROM conversation_event WHERE author = 'assistant';
