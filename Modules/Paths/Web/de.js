// German.

export default {
  flow: 'Besucherfluss',
  'flow?':
    'Wohin Besucher nach einer Seite oder einem Ereignis gingen oder woher sie kamen: für jeden Besucher das erste Mal im Zeitraum, '
    + 'innerhalb dieses Besuchs. Ein Klick auf eine Seite beginnt dort.',
  kind: 'Beginnen mit',
  path: 'Seite',
  event: 'Ereignis',
  page: 'Seite oder Ereignis',
  direction: 'Richtung',
  forward: 'danach',
  backward: 'davor',
  depth: 'Schritte',
  steps: { one: '{count} Schritt', other: '{count} Schritte' },
  none: 'Keine Besuche dort in diesem Zeitraum.',
  exit: 'Ausstieg',
  entry: 'Einstieg',
  other: 'andere Seiten',
  who: 'Besucher anzeigen',
  between: 'Wege zwischen zwei Seiten',
  'between?': 'Die Wege, auf denen Besuche von der ersten zur letzten Seite kommen, die häufigsten zuerst. * steht für beliebigen Text.',
  start: 'Erste Seite',
  end: 'Letzte Seite',
  way: 'Weg',
  median: 'Medianzeit',
  'no-way': 'Kein Besuch ging in diesem Zeitraum von der ersten zur letzten Seite.',
  sum: '{sessions} Besuche von {visitors} Besuchern, im Durchschnitt {steps} Schritte.',
};
