// Words, numbers and dates as the person reads them. A language is a catalogue beside this file: en.js, de.js.

export const languages = { en: 'English', de: 'Deutsch' };

/** A preference that outlives the session; never a key. */
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
  language = wanted.find(tag => tag in languages) ?? 'en';
  english = (await import('./en.js')).default;
  catalogue = language === 'en' ? english : (await import(`./${language}.js`)).default;
  document.documentElement.lang = language;
}

/** Adds a page's own words: { name: { en: '...', de: '...' } }. */
export function addTexts(texts = {}) {
  const own = name => Object.fromEntries(Object.entries(texts).map(([key, words]) => [key, words[name] ?? words.en]));
  english = { ...english, ...own('en') };
  catalogue = { ...catalogue, ...own(language) };
}

/**
 * The text called `name`, with {placeholders} filled in; numbers are written as the language does. Of a text with forms, { one, other },
 * that of the number `count`. A name that no catalogue has is shown as it is.
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
/** Short, for big figures: 12.3K. */
export const short = value => value == null
  ? '–'
  : Math.abs(value) < 10000 ? number(value) : format('NumberFormat', { notation: 'compact', maximumFractionDigits: 1 }).format(value);
export const percent = value => value == null ? '–' : format('NumberFormat', { style: 'percent', maximumFractionDigits: 1 }).format(value / 100);
/** A change as a share of what was; from ten times more on as a factor, as nobody can picture +143,450 %. */
export const change = ratio => ratio < 10
  ? format('NumberFormat', { style: 'percent', maximumFractionDigits: 0, signDisplay: 'exceptZero' }).format(ratio)
  : `×${short(Math.round(ratio + 1))}`;
/** Amounts have the decimals of their currency, large ones too: those of a column, or beside each other, are read together. */
export const money = (value, currency, digits) => {
  if (value == null) return '–';
  try {
    return format('NumberFormat', { style: 'currency', currency, minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
  } catch { return `${number(value)} ${currency ?? ''}`; }
};
/** Writes amounts of a currency, for charts too: on an axis of whole amounts there are no decimals. */
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
/** A day that is written 2026-03-02, whatever the zone. */
export const day = (text, options = { day: 'numeric', month: 'short' }) => format('DateTimeFormat', { ...options, timeZone: 'UTC' }).format(
  new Date(`${text.slice(0, 10)}T00:00:00Z`),
);
export const weekday = (text, options = { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' }) => day(text, options);
export function ago(text) {
  const seconds = (new Date(text) - Date.now()) / 1000, relative = format('RelativeTimeFormat', { numeric: 'auto' });
  const units = [['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]];
  const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? units.at(-1);
  return relative.format(Math.round(seconds / size), unit);
}

/** What a point of a report over time is called, in full and on an axis. */
export const timeLabel = (date, interval) => interval === 'hour'
  ? `${weekday(date, { weekday: 'short', day: 'numeric', month: 'short' })}, ${date.slice(11)}`
  : weekday(date);
export const axisLabel = (date, interval) => interval === 'hour' ? date.slice(11, 16) : day(date);

/** The code of a country that is called so, in the person's language, or is the code itself; null where there is none. */
export function countryCode(text) {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'], wanted = text.toLocaleLowerCase(language);
  // Codes of what was once a country are those of what it has become.
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
