INSERT INTO account (login, name, role, password_hash, created_at)
VALUES ('anna@debrug.example', 'Anna de Wit', 'therapeut', 'x', '2026-02-01 09:00:00');
INSERT INTO audit (happened_at, account, name, action, conversation, source)
SELECT '2026-02-01 09:01:00', id, name, 'read', 'tg:old', '127.0.0.1' FROM account;
INSERT INTO conversation (id, channel, created_at, last_used_at, expires_at, state, state_since,
    waiting_since, why, version, urgency, alarm_seen, alarm_count)
VALUES ('web:waits', 'website', '2026-02-01 10:00:00', '2026-02-01 10:00:00',
    '2099-01-01 00:00:00', 'waiting', '2026-02-01 10:00:05', '2026-02-01 10:00:05', 'asked', 1,
    'soon', false, 1);
INSERT INTO conversation_event (conversation, happened_at, author, kind, client_id, content)
VALUES ('web:waits', '2026-02-01 10:00:01', 'patient', 'message', 'wants-a-human',
    '{"text": "Ik wil iemand spreken"}');
INSERT INTO conversation_event (conversation, happened_at, author, kind, reply_to, content)
SELECT conversation, '2026-02-01 10:00:05', 'assistant', 'message', id,
    '{"parts": [{"text": "Dat kan.", "buttons": []}], "alarm": "", "outcome": "handoff", "topics": [], "urgency": "soon"}'
FROM conversation_event WHERE client_id = 'wants-a-human';
INSERT INTO conversation_change (conversation, happened_at, "before", "after", actor, why)
VALUES ('web:waits', '2026-02-01 10:00:05', 'bot', 'waiting', 'patient', 'asked');
INSERT INTO conversation_note (conversation, written_at, account, name, text)
SELECT 'web:waits', '2026-02-01 10:02:00', id, name, 'Belt liever.' FROM account;
INSERT INTO callback_request (conversation, created_at, step, name, contact, moment, why,
    consent_at, finished_at)
VALUES ('web:waits', '2026-02-01 10:03:00', 'done', 'Jan', '06 12345678', 'morgen', 'asked',
    '2026-02-01 10:04:00', '2026-02-01 10:04:00');
