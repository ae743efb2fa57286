INSERT INTO conversation (id, channel, created_at, token_hash, last_used_at, expires_at)
VALUES ('tg:old', 'telegram', '2026-01-02 11:00:00', NULL, '2026-01-02 11:00:00',
    '2099-01-01 00:00:00');
INSERT INTO conversation_event (conversation, happened_at, author, kind, client_id, content)
VALUES ('tg:old', '2026-01-02 11:00:01', 'patient', 'message', 'tg-message',
    '{"text": "Mag ik tillen?"}');
INSERT INTO conversation_event (conversation, happened_at, author, kind, reply_to, content)
SELECT conversation, '2026-01-02 11:00:02', 'assistant', 'message', id,
    '{"parts": [{"text": "Tillen mag.", "buttons": [{"title": "Meer uitleg", "payload": "/meer-uitleg"}]}], "alarm": "", "outcome": "answered", "topics": ["tillen"], "urgency": "none"}'
FROM conversation_event WHERE client_id = 'tg-message';
INSERT INTO telegram_chat (conversation, bot, chat, sent_event, sent_parts, last_message,
    keyboard_message)
SELECT 'tg:old', 42, 5000000001, id, 0, 7, 8
FROM conversation_event WHERE conversation = 'tg:old' AND author = 'assistant';
INSERT INTO telegram_update (bot, "update", handled_at) VALUES (42, 100, '2026-01-02 11:00:01');
INSERT INTO telegram_button (id, conversation, event, title, payload)
SELECT 'button-1', 'tg:old', id, 'Meer uitleg', '/meer-uitleg'
FROM conversation_event WHERE conversation = 'tg:old' AND author = 'assistant';
