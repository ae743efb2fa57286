// What the browser keeps: the token for all tabs, what waits to be sent for this one.
// Blocked or full storage only means that a reload forgets.

export class BrowserStorage {
  #own = {};

  constructor(address) {
    this.key = (name) => `ruggesteun:${address}:${name}`;
  }

  get(name) {
    return this.#read("localStorage", name);
  }

  set(name, value) {
    this.#write("localStorage", name, value);
  }

  getOfTab(name) {
    return this.#read("sessionStorage", name);
  }

  setOfTab(name, value) {
    this.#write("sessionStorage", name, value);
  }

  #read(kind, name) {
    const key = this.key(name);
    if (key in this.#own) return this.#own[key];
    try {
      return JSON.parse(window[kind].getItem(key));
    } catch (error) {
      return null;
    }
  }

  #write(kind, name, value) {
    const key = this.key(name);
    try {
      if (value === null) window[kind].removeItem(key);
      else window[kind].setItem(key, JSON.stringify(value));
      delete this.#own[key];
    } catch (error) {
      this.#own[key] = value;
    }
  }
}
