// Texts, numbers and dates in the user's language. Texts are in catalogues: en.js and de.js for the dashboard itself, and a pair per module,
// such as funnels.en.js and funnels.de.js, for the module's pages.

import { script } from './api.js';

export const languages = { en: 'English', de: 'Deutsch' };

/** Preferences that outlive the session; never keys. */
export const remember = {
  get(name) { try { return localStorage.getItem(`pulse.${name}`); } catch { return null; } },
  set(name, value) {
    try { value === null ? localStorage.removeItem(`pulse.${name}`) : localStorage.setItem(`pulse.${name}`, value); } catch { /* private window */ }
  },
};

export let language = 'en';
let catalogue = {}, english = {};

export async function loadLanguage() {
  const wanted = [remember.get('language'), ...navigator.languages.map(tag => tag.slice(0, 2)), 'en'];
  language = wanted.find(tag => tag !== null && tag in languages) ?? 'en';
  english = (await import('./en.js')).default;
  catalogue = language === 'en' ? english : (await import(`./${language}.js`)).default;
  document.documentElement.lang = language;
}

const loaded = new Set();
/**
 * Loads the texts of a module's pages, once. Their names get the module's name as a prefix: `new` in funnels.en.js becomes `funnels.new`.
 * Throws as `script` does; `again` counts the attempts.
 */
export async function loadTexts(module, again = 0) {
  if (loaded.has(module)) return;
  const files = [...new Set(['en', language])].map(name => script(`./${module}.${name}.js`, again));
  const [first, own = first] = await Promise.all(files);
  const named = texts => Object.fromEntries(Object.entries(texts).map(([name, text]) => [`${module}.${name}`, text]));
  english = { ...english, ...named(first.default) };
  catalogue = { ...catalogue, ...named(own.default) };
  loaded.add(module);
}

/** The text in the user's language, out of the languages that the server sends: { en: '...', de: '...' }. */
export const translated = texts => texts[language] ?? texts.en;

/** Adds a text that the server sends in every language. */
export function addText(name, texts) {
  english = { ...english, [name]: texts.en };
  catalogue = { ...catalogue, [name]: translated(texts) };
}

/**
 * The text called `name`, with {placeholders} filled in and numbers formatted for the language. For a text with forms, { one, other }, the
 * form for the number `count`. A name without a text is returned unchanged.
 */
export function t(name, values = {}) {
  const text = catalogue[name] ?? english[name] ?? name;
  const form = typeof text === 'string' ? text : text[format('PluralRules').select(values.count)] ?? text.other;
  return form.replace(/\{(\w+)\}/g, (_, key) => typeof values[key] === 'number' ? number(values[key]) : values[key] ?? '');
}
export const has = name => name in catalogue || name in english;

const cache = {};
const format = (kind, options) => cache[kind + JSON.stringify(options)] ??= new Intl[kind](language, options);

export const number = value => value == null ? '–' : format('NumberFormat', { maximumFractionDigits: 2 }).format(value);
/** Short form of large numbers: 12.3K. */
export const short = value => value == null
  ? '–'
  : Math.abs(value) < 10000 ? number(value) : format('NumberFormat', { notation: 'compact', maximumFractionDigits: 1 }).format(value);
export const percent = value => value == null ? '–' : format('NumberFormat', { style: 'percent', maximumFractionDigits: 1 }).format(value / 100);
/** A relative change as a percentage; +1,000% and more as a factor, which is easier to grasp than +143,450%. */
export const change = ratio => ratio < 10
  ? format('NumberFormat', { style: 'percent', maximumFractionDigits: 0, signDisplay: 'exceptZero' }).format(ratio)
  : `×${short(Math.round(ratio + 1))}`;
/** An amount with the decimals of its currency, even if large, so amounts in a column can be compared. */
export const money = (value, currency, digits) => {
  if (value == null) return '–';
  try {
    return format('NumberFormat', { style: 'currency', currency, minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
  } catch { return `${number(value)} ${currency ?? ''}`; }
};
/** A formatter for amounts of a currency; an axis with whole amounts only has no decimals. */
export const amounts = currency => Object.assign(value => money(value, currency), {
  axis: values => values.map(value => money(value, currency, values.every(Number.isInteger) ? 0 : undefined)),
});
export function duration(seconds) {
  if (seconds == null) return '–';
  const whole = Math.round(seconds), minutes = Math.floor(whole / 60);
  return minutes >= 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : minutes ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}
export const milliseconds = value => value == null
  ? '–'
  : value >= 1000 ? `${number(Math.round(value / 10) / 100)} s` : `${number(Math.round(value))} ms`;

export const moment = (text, timeZone) => text
  ? format('DateTimeFormat', { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(new Date(text))
  : '–';
export const clock = (text, timeZone) => format('DateTimeFormat', { timeStyle: 'medium', timeZone }).format(new Date(text));
/**
 * A day such as 2026-03-02, independent of the time zone.
 * @param {string} text
 * @param {Intl.DateTimeFormatOptions} options
 */
export const day = (text, options = { day: 'numeric', month: 'short' }) => format('DateTimeFormat', { ...options, timeZone: 'UTC' }).format(
  new Date(`${text.slice(0, 10)}T00:00:00Z`),
);
/**
 * @param {string} text
 * @param {Intl.DateTimeFormatOptions} options
 */
export const weekday = (text, options = { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' }) => day(text, options);
export function ago(text) {
  const seconds = (new Date(text).getTime() - Date.now()) / 1000, relative = format('RelativeTimeFormat', { numeric: 'auto' });
  /** @type {[Intl.RelativeTimeFormatUnit, number][]} */
  const units = [['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]];
  const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? units[units.length - 1];
  return relative.format(Math.round(seconds / size), unit);
}

/** The label of a point of a report over time, in full and on an axis. */
export const timeLabel = (date, interval) => interval === 'hour'
  ? `${weekday(date, { weekday: 'short', day: 'numeric', month: 'short' })}, ${date.slice(11)}`
  : weekday(date);
export const axisLabel = (date, interval) => interval === 'hour' ? date.slice(11, 16) : day(date);

/** The code of a country, from its name in the user's language or its code; null if there is none. */
export function countryCode(text) {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'], wanted = text.toLocaleLowerCase(language);
  // The code of a former country becomes that of its successor.
  const current = code => new Intl.Locale(`und-${code}`).region;
  if (/^[a-z]{2}$/i.test(text)) return current(text);
  for (const first of letters) {
    for (const code of letters.map(second => first + second)) {
      if (current(code) === code && country(code).toLocaleLowerCase(language) === wanted) return code;
    }
  }
  return null;
}

export function country(code) {
  if (!/^[A-Z]{2}$/.test(code ?? '')) return code || t('unknown');
  try { return format('DisplayNames', { type: 'region' }).of(code); } catch { return code; }
}
