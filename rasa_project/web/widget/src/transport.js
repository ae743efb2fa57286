// The calls to the server. No DOM and no memory of its own.

const TURN_MS = 30000;
const SILENCE_MS = 40000; // The server sends something every 15 seconds.
const FIRST_BYTE_MS = 5000; // A stream that stays empty is held back by a proxy.
const POLL_SECONDS = 20;

/** The server answered, and said no. */
export class Refused extends Error {
  constructor(status, body, retryAfter) {
    super(body.text || `status ${status}`);
    Object.assign(this, { status, body, retryAfter });
  }
}

/** The stream is kept back on its way; long polling gets through. */
export class StreamBlocked extends Error {}

export class Transport {
  constructor(address) {
    this.base = `${address}/chat/api`;
  }

  info() {
    return this.#call("GET", "/info");
  }

  session() {
    return this.#call("POST", "/session", { body: {} });
  }

  send(token, message) {
    return this.#call("POST", "/messages", { token, body: message });
  }

  feedback(token, event, useful) {
    return this.#call("POST", "/feedback", { token, body: { event, useful } });
  }

  typing(token) {
    return this.#call("POST", "/typing", { token, body: {} });
  }

  /** How consent stands: {version, state}; with a decision, how it stands after it. */
  consent(token, decision) {
    return this.#call(decision ? "POST" : "GET", "/consent", { token, body: decision });
  }

  /** What is kept of the conversation, as a file: "html" or "json". */
  export(token, form) {
    return this.#call("GET", `/export?form=${form}`, { token, isFile: true });
  }

  erase(token) {
    return this.#call("DELETE", "/conversation", { token });
  }

  /** Everything after an event, as soon as there is something. */
  poll(token, after, signal, wait = POLL_SECONDS) {
    return this.#call("GET", `/events?after=${after}&wait=${wait}`, { token, signal });
  }

  /** Reads frames until the stream ends; throws when it breaks. */
  async stream(token, after, signal, onFrame) {
    const control = new AbortController();
    const stop = () => control.abort();
    signal.addEventListener("abort", stop);
    let blocked = false;
    let timer = setTimeout(() => {
      blocked = true;
      stop();
    }, FIRST_BYTE_MS);
    try {
      const response = await fetch(`${this.base}/events`, {
        headers: {
          Accept: "text/event-stream",
          Authorization: `Bearer ${token}`,
          "Last-Event-ID": String(after),
        },
        cache: "no-store",
        signal: control.signal,
      });
      if (!response.ok) throw await refusal(response);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        clearTimeout(timer);
        timer = setTimeout(stop, SILENCE_MS);
        const frames = (rest + value).split("\n\n");
        rest = frames.pop();
        frames.map(readFrame).filter(Boolean).forEach(onFrame);
      }
    } catch (error) {
      throw blocked && !signal.aborted ? new StreamBlocked() : error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      stop();
    }
  }

  async #call(method, path, { token, body, signal, isFile } = {}) {
    const control = new AbortController();
    const stop = () => control.abort();
    const timer = setTimeout(stop, TURN_MS);
    if (signal) signal.addEventListener("abort", stop);
    const headers = {};
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body) headers["Content-Type"] = "application/json";
    try {
      const response = await fetch(this.base + path, {
        method,
        headers,
        body: body && JSON.stringify(body),
        cache: "no-store",
        signal: control.signal,
      });
      if (!response.ok) throw await refusal(response);
      return response.status === 204 ? null : await response[isFile ? "blob" : "json"]();
    } finally {
      clearTimeout(timer);
      if (signal) signal.removeEventListener("abort", stop);
    }
  }
}

async function refusal(response) {
  const body = await response.json().catch(() => ({}));
  return new Refused(response.status, body, Number(response.headers.get("Retry-After")) || 0);
}

/** One frame of a stream: {event, data}, or null for a comment. */
export function readFrame(frame) {
  let event = "message";
  let data = "";
  for (const line of frame.split("\n")) {
    if (line.startsWith("event: ")) event = line.slice(7);
    if (line.startsWith("data: ")) data += line.slice(6);
  }
  return data ? { event, data: JSON.parse(data) } : null;
}
