// Asks the API. The cookie of the session goes along by itself; the header says that the dashboard asks, and not a page of another site.

export class Failure extends Error {
  constructor(status, message) { super(message); this.status = status; }
}

const headers = { 'X-Pulse-Dashboard': '1' };

let behind = 0;
/** This moment in milliseconds, by the server's clock where that is ahead: nothing that it has lies after it. */
export const now = () => Date.now() + behind;

export function address(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined && value !== null && value !== '') query.set(name, value);
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

/**
 * Imports a script of the dashboard that is needed only now. Where the server can't be reached it throws as `ask` does; `again` counts
 * the tries, as some browsers remember a failure.
 */
export async function script(name, again = 0) {
  const file = new URL(name, import.meta.url);
  if (again) file.search = `again=${again}`;
  try { return await import(file.href); } catch (error) {
    await fetch(file, { cache: 'no-store' }).catch(() => { throw new Failure(0, 'offline'); });
    throw error;
  }
}

/** What the API answers, decoded; `body` is sent as JSON, `file` as it is. Throws `Failure` with the API's own sentence. */
export async function ask(path, { method = 'GET', body, file, parameters, signal } = {}) {
  const type = file ? { 'Content-Type': 'text/csv' } : body === undefined ? {} : { 'Content-Type': 'application/json' };
  let response;
  try {
    response = await fetch(address(path, parameters), {
      method,
      signal,
      credentials: 'same-origin',
      headers: { ...headers, ...type },
      body: file ?? (body === undefined ? undefined : JSON.stringify(body)),
    });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Failure(0, 'offline');
  }
  const date = Date.parse(response.headers.get('date'));
  if (date > now()) behind = date - Date.now();
  // What came after this instant is not all in the answer.
  const asOf = response.headers.get('x-pulse-as-of');
  if (asOf && !signal?.aborted) dispatchEvent(new CustomEvent('pulse:as-of', { detail: asOf }));
  const text = await response.text();
  let json = null;
  try { json = text ? JSON.parse(text) : null; } catch { /* not JSON: a proxy's page, say */ }
  if (!response.ok) {
    if (response.status === 401 && !path.startsWith('/dashboard/')) {
      dispatchEvent(new CustomEvent('pulse:signed-out'));
      throw new Failure(401, 'signed-out');
    }
    throw new Failure(response.status, json?.error ?? `${response.status} ${response.statusText}`);
  }
  return json;
}

/** The most rows that a list has in one answer. */
export const mostRows = 1000;

/** All rows of a list, however many the project has; `options` as of `ask`. */
export async function askAll(path, options) {
  const rows = [];
  for (;;) {
    const { data } = await ask(path, { ...options, parameters: { limit: mostRows, offset: rows.length } });
    rows.push(...data);
    if (data.length < mostRows) return rows;
  }
}

/** Calls `each(name, data)` for every server-sent event until `signal` aborts; comes back when the connection is lost. */
export async function listen(path, each, signal, state = () => {}) {
  while (!signal.aborted) {
    try {
      const response = await fetch(path, { headers, signal, credentials: 'same-origin' });
      if (!response.ok) throw new Failure(response.status, '');
      state(true);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = '';
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        const blocks = (rest + value).split('\n\n');
        rest = blocks.pop();
        for (const block of blocks) {
          const name = /^event: (.*)$/m.exec(block)?.[1], data = /^data: (.*)$/m.exec(block)?.[1];
          if (name && data) each(name, JSON.parse(data));
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error.status === 401 || error.status === 403) return state(false);
    }
    state(false);
    await new Promise(resume => setTimeout(resume, 3000));
  }
}

/** Lets the person keep `text` as a file. */
export function download(name, text, type = 'text/csv') {
  const link = document.createElement('a');
  // By the mark at the beginning, spreadsheets take a CSV file for UTF-8.
  link.href = URL.createObjectURL(new Blob(type === 'text/csv' ? ['\uFEFF', text] : [text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export function csv(columns, rows) {
  // What begins like a formula is made text, so that a spreadsheet does not run it: also behind a separator or line break of its own, as a
  // program that splits at another separator than the comma takes quotes in the middle of its cell for characters.
  const cell = value => {
    const text = String(value ?? '');
    const isFormula = /^[=+\-@＝＋－＠\t\r]/.test(text) && isNaN(text);
    const safe = (isFormula ? "'" : '') + text.replace(/([;|\t\r\n]"*)(?=[=+\-@＝＋－＠])/g, "$1'");
    return isFormula || /[",;|\t\r\n]/.test(text) ? `"${safe.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map(row => row.map(cell).join(',')).join('\r\n') + '\r\n';
}
