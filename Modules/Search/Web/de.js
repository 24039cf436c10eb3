// German.

export default {
  queries: 'Suchen',
  count: 'Anzahl',
  results: 'Treffer',
  'results?': 'Die durchschnittliche Zahl der angezeigten Treffer.',
  zero: 'Suchen ohne Treffer',
  next: 'Nächste Seiten nach „{query}“',
  none: 'Keine Suchen in diesem Zeitraum. Ergänzen Sie data-search="true" im Skript-Tag.',
  'no-next': 'Nach dieser Suche wurde keine Seite aufgerufen.',
};
