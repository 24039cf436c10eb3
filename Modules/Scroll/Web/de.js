// German.

export default {
  pages: 'Seiten',
  depth: 'Ø Tiefe',
  'depth?': 'Wie weit Besucher im Durchschnitt scrollten, in Prozent der Seitenhöhe.',
  median: 'Median',
  samples: 'Aufrufe',
  reached: 'Erreichte Scrolltiefe',
  'reached?': 'Anteil der Aufrufe, die mindestens so weit scrollten, über alle Seiten oder die Seite, nach der Sie filtern.',
  none: 'Keine Scrolldaten in diesem Zeitraum. Ergänzen Sie data-scroll="true" im Skript-Tag.',
};
