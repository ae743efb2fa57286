// What the demo and the embed page share: the checksum of the script, and copying.

/** The checksum of the script, as it stands in the line for the website. */
export async function readIntegrity() {
  const response = await fetch("/chat/api/info");
  if (!response.ok) throw new Error(`status ${response.status}`);
  return (await response.json()).script.integrity;
}

/** Copies what stands in an element. Without the right to do so it is selected instead. */
export async function copyFrom(element, status, done) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    announce(status, done);
  } catch (error) {
    // No clipboard without https, or the browser refuses.
    getSelection().selectAllChildren(element);
    announce(status, "De tekst is geselecteerd. Kopieer hem met Ctrl+C of Cmd+C.");
  }
}

/** Says something in a status line, also when the same was said just before. */
export function announce(status, text) {
  status.textContent = "";
  setTimeout(() => (status.textContent = text), 50);
}
