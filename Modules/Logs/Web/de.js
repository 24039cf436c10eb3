// German.

export default {
  'over-time': 'Einträge im Zeitverlauf',
  entries: 'Einträge, neueste zuerst',
  level: 'Level',
  all: 'Alle Level',
  search: 'Suche',
  'search?': 'Teil der Meldung',
  environment: 'Umgebung',
  release: 'Version',
  tail: 'Live verfolgen',
  stop: 'Nicht mehr verfolgen',
  none: 'Keine Einträge. Senden Sie einen mit pulse("log", "warn", "Meldung", { beliebige: "Daten" }).',
  time: 'Zeit',
  page: 'Seite',
  visitor: 'Besucher',
  body: 'Daten',
};
