// API requests. Browsers send the session cookie automatically; the header shows that the request comes from the dashboard, not another site.

export class Failure extends Error {
  constructor(status, message) { super(message); this.status = status; }
}

const headers = { 'X-Pulse-Dashboard': '1' };

let behind = 0;
/** The current time in milliseconds, by the server's clock if that is ahead, so no stored event is in the future. */
export const now = () => Date.now() + behind;

export function address(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined && value !== null && value !== '') query.set(name, value);
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

/**
 * Imports a script of the dashboard on demand. If the server can't be reached, it throws as `ask` does. `again` counts the retries: some
 * browsers cache a failed import.
 */
export async function script(name, again = 0) {
  const file = new URL(name, import.meta.url);
  if (again) file.search = `again=${again}`;
  try { return await import(file.href); } catch (error) {
    await fetch(file, { cache: 'no-store' }).catch(() => { throw new Failure(0, 'offline'); });
    throw error;
  }
}

/**
 * The decoded response of the API. `body` is sent as JSON, `file` unchanged. Throws `Failure` with the API's message.
 * @param {string} path
 * @param {AskOptions} options
 * @returns {Promise<any>}
 */
export async function ask(path, { method = 'GET', body, file, parameters, signal } = {}) {
  /** @type {Record<string, string>} */
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
  const date = Date.parse(response.headers.get('date') ?? '');
  if (date > now()) behind = date - Date.now();
  // Events after this time may be missing from the response.
  const asOf = response.headers.get('x-pulse-as-of');
  if (asOf && !signal?.aborted) dispatchEvent(new CustomEvent('pulse:as-of', { detail: asOf }));
  const text = await response.text();
  let json = null;
  try { json = text ? JSON.parse(text) : null; } catch { /* not JSON, such as a proxy's error page */ }
  if (!response.ok) {
    if (response.status === 401 && !path.startsWith('/dashboard/')) {
      dispatchEvent(new CustomEvent('pulse:signed-out'));
      throw new Failure(401, 'signed-out');
    }
    throw new Failure(response.status, json?.error ?? `${response.status} ${response.statusText}`);
  }
  return json;
}

/** The maximum number of rows in one response. */
export const mostRows = 1000;

/**
 * All rows of a list, page by page; `options` as for `ask`.
 * @param {string} path
 * @param {AskOptions} options
 * @returns {Promise<any[]>}
 */
export async function askAll(path, options = {}) {
  const rows = [];
  for (;;) {
    const { data } = await ask(path, { ...options, parameters: { limit: mostRows, offset: rows.length } });
    rows.push(...data);
    if (data.length < mostRows) return rows;
  }
}

/**
 * Calls `each(name, data)` for every server-sent event until `signal` aborts; reconnects when the connection is lost.
 * @param {string} path
 * @param {(name: string, data: any) => unknown} each
 * @param {AbortSignal} signal
 * @param {(isConnected: boolean) => unknown} state
 */
export async function listen(path, each, signal, state = () => {}) {
  while (!signal.aborted) {
    try {
      const response = await fetch(path, { headers, signal, credentials: 'same-origin' });
      if (!response.ok) throw new Failure(response.status, '');
      state(true);
      const body = /** @type {ReadableStream} */ (response.body), reader = body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = '';
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        const blocks = (rest + value).split('\n\n');
        rest = blocks.pop() ?? '';
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

/** Downloads `text` as a file. */
export function download(name, text, type = 'text/csv') {
  const link = document.createElement('a');
  // With a byte order mark, spreadsheets read a CSV file as UTF-8.
  link.href = URL.createObjectURL(new Blob(type === 'text/csv' ? ['\uFEFF', text] : [text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export function csv(columns, rows) {
  // Text that looks like a formula is escaped so spreadsheets don't run it. That includes text after another separator or a line break inside
  // the cell: a program that doesn't split at commas treats the quotes as plain characters.
  const cell = value => {
    const text = String(value ?? '');
    const isFormula = /^[=+\-@＝＋－＠\t\r]/.test(text) && isNaN(Number(text));
    const safe = (isFormula ? "'" : '') + text.replace(/([;|\t\r\n]"*)(?=[=+\-@＝＋－＠])/g, "$1'");
    return isFormula || /[",;|\t\r\n]/.test(text) ? `"${safe.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map(row => row.map(cell).join(',')).join('\r\n') + '\r\n';
}
