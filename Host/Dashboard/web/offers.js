// Suggestions for inputs from the values in the view's range, and hints when an entered value does not occur there.

import { h, replace, unique } from './dom.js';
import { t, country, countryCode } from './text.js';
import { ask, Failure } from './api.js';
import { parameters, write as query } from './state.js';

/** The source of a dimension's values: report, list in its response, column, and further parameters. */
const reports = {
  path: ['pages', 'data', 'path'],
  entry_page: ['pages/entry', 'data', 'path'],
  exit_page: ['pages/exit', 'data', 'path'],
  source: ['referrers', 'data', 'source'],
  country: ['geo', 'data', 'country', { level: 'country' }],
  region: ['geo', 'data', 'region', { level: 'region' }],
  city: ['geo', 'data', 'city', { level: 'city' }],
  browser: ['devices', 'browsers', 'name'],
  os: ['devices', 'operating_systems', 'name'],
  device: ['devices', 'device_types', 'name'],
  event: ['events', 'data', 'name'],
  channel: ['marketing/channels', 'data', 'channel', { limit: undefined }],
  utm_campaign: ['campaigns', 'data', 'campaign'],
  utm_source: ['campaigns/sources', 'data', 'source'],
  utm_medium: ['campaigns/mediums', 'data', 'medium'],
};

/** Names or values of traits, from the latest profiles. */
async function traits({ signal }, name) {
  const { data } = await ask('/api/v1/identity/profiles', { signal, parameters: { limit: 200 } });
  const known = data.map(person => person.traits ?? {});
  const own = name.slice('traits.'.length);
  return name === 'trait'
    ? known.flatMap(traits => Object.keys(traits).map(key => `traits.${key}`))
    : known.map(traits => traits[own]).filter(value => ['string', 'number'].includes(typeof value)).map(String);
}

/** Values of a dimension in the view's range, ignoring filters and segment, most frequent first. */
export async function values(view, name) {
  if (name === 'trait' || name.startsWith('traits.')) return [...new Set(await traits(view, name))];
  if (!(name in reports)) return [];
  const [path, list, key, extra] = reports[name];
  const answer = await view.report(`/api/v1/${path}`, { limit: 200, ...extra, filter: '', segment_id: '' });
  return [...new Set(answer[list].map(row => row[key]).filter(Boolean))];
}

/** A value as users read and write it: countries by name, everything else unchanged. */
export const written = (name, value) => name === 'country' && typeof value === 'string' ? country(value) : value;

const places = /^(?:[a-z][a-z\d+.-]*:)?\/\/[^/?#]*|^(?:localhost|[\w-]+(?:\.[\w-]+)*\.[a-z]{2,})(?::\d+)?(?=\/)/i;

/** The page path that the text probably means: the path of a URL, or a file name with a leading slash. */
function asPath(text) {
  const path = text.replace(places, ''), isAddress = path !== text;
  if (/^[/*]/.test(text) && !isAddress) return text;
  if (isAddress) return path.replace(/[?#].*/s, '') || '/';
  return /\/|\.(?:html?|php|aspx?|jsp|md|pdf)$/i.test(text) ? `/${text}` : text;
}

const paths = ['path', 'entry_page', 'exit_page'];

/**
 * The value to store for an input: the code of a country, the path of a page. Every value input uses it. `isPart` if the input is only part
 * of a value. Throws for an unknown country.
 */
export function stored(name, text, isPart = false) {
  if (paths.includes(name)) return isPart ? text : asPath(text);
  if (name !== 'country') return text;
  const code = countryCode(text);
  if (!code && !isPart) throw new Failure(400, t('no-country', { value: text }));
  return code ?? text;
}

/** Like `stored`, but returns the text unchanged instead of throwing, for input that is still being typed. */
export function storedSoFar(...question) {
  try { return stored(...question); } catch { return question[1]; }
}

const option = (name, value) => h('option', { value: written(name, value) });

/** The ID of a `datalist` with the values of a dimension, loaded once per range. */
function list(view, name) {
  const id = `offers-${name.replace(/[^\w.]/g, '_')}`, { start_at, end_at, timezone } = parameters(view.state);
  const asked = [view.session.project?.id, start_at, end_at, timezone].join(' ');
  let element = document.getElementById(id);
  if (!element) document.body.append(element = h('datalist', { id }));
  if (element.dataset.asked !== asked) {
    element.dataset.asked = asked;
    values(view, name).then(
      found => replace(element, found.map(value => option(name, value))),
      () => element?.removeAttribute('data-asked'),
    );
  }
  return id;
}

/**
 * Suggests values of `dimension()` in `input`, and returns `input`. Call `input.offer()` when the dimension has changed.
 * @param {View} view
 * @param {() => string} dimension
 * @param {HTMLElement} control
 * @returns {HTMLInputElement & { offer: () => void }}
 */
export function offering(view, dimension, control) {
  const input = /** @type {HTMLInputElement & { offer: () => void }} */ (control);
  input.offer = () => {
    const name = dimension();
    if (name) input.setAttribute('list', list(view, name)); else input.removeAttribute('list');
  };
  input.autocomplete = 'off';
  input.offer();
  return input;
}

/** Like `offering`, but for comma-separated values. Returns a list to insert next to `input`. */
export function offeringSeveral(view, dimension, input) {
  const own = h('datalist', { id: unique('several') });
  let known = [];
  const draw = () => {
    const before = /^(.*,\s*)?/.exec(input.value)?.[0] ?? '', chosen = input.value.split(',').map(part => part.trim());
    replace(own, known.filter(value => !chosen.includes(value)).map(value => option(dimension, before + value)));
  };
  values(view, dimension).then(found => { known = found; draw(); }, () => { /* suggestions are optional */ });
  input.addEventListener('input', draw);
  input.autocomplete = 'off';
  input.setAttribute('list', own.id);
  return own;
}

/** Whether the value, which may contain *, does not occur in the view's range. */
async function isUnseen(view, name, value) {
  const [path, list, , extra] = reports[name], isPart = value.includes('*');
  const filter = query([{ name, sign: isPart ? '~:' : ':', values: [storedSoFar(name, value, isPart)] }]);
  const answer = await view.report(`/api/v1/${path}`, { limit: 1, ...extra, filter, segment_id: '' });
  return !answer[list].length;
}

/** A hint below an input, shown if its value does not occur in the range. `note.look()` checks again. */
export function noticing(view, dimension, input) {
  /** @type {any} */
  const note = h('p', { class: 'hint unseen', role: 'status', hidden: true });
  let asked = 0;
  note.look = async () => {
    const mine = ++asked, name = dimension(), value = input.value.trim();
    const isMissing = name in reports && value !== '' && await isUnseen(view, name, value).catch(() => false);
    if (mine !== asked) return;
    note.hidden = !isMissing;
    note.textContent = isMissing ? t(`unseen.${name === 'event' ? 'event' : name === 'path' ? 'path' : 'value'}`, { value }) : '';
  };
  input.addEventListener('change', note.look);
  note.look();
  return note;
}

/**
 * Sets the `select` `kind` to `pages` or `events` to match the text in `input`: pages start with / or *, and events almost never do. A URL
 * becomes its path.
 */
export function followKind(input, kind, { pages, events }) {
  const become = value => {
    if (kind.disabled || kind.value === value) return;
    kind.value = value;
    kind.dispatchEvent(new Event('change'));
  };
  input.addEventListener('input', () => { if (kind.value === events && input.value.startsWith('/')) become(pages); });
  input.addEventListener('change', () => {
    const text = input.value.trim(), path = asPath(text);
    if (kind.value === pages && path !== text) write(path);
    if (kind.value === events && !kind.disabled && /^https?:\/\//i.test(text)) { become(pages); write(path); }
    if (kind.value === pages && /^[^/*]/.test(path)) become(events);
  });
  const write = path => {
    input.value = path;
    for (const name of ['input', 'change']) input.dispatchEvent(new Event(name));
  };
}

/** Turns a URL in a path input into its path. */
export function pathInput(input, dimension = () => 'path') {
  input.addEventListener('change', () => {
    const path = paths.includes(dimension()) ? asPath(input.value.trim()) : input.value;
    if (path === input.value) return;
    input.value = path;
    for (const name of ['input', 'change']) input.dispatchEvent(new Event(name));
  });
  return input;
}
