// German.

export default {
  cohorts: 'Kohorten',
  'cohorts?':
    'Besucher nach Woche oder Monat ihrer ersten Aktivität im Zeitraum, auch wenn sie schon vorher da waren, mit allem, was sie im '
    + 'Zeitraum taten. Die Retention geht vom allerersten Besuch aus. Ohne Besucher-IDs Ihrer Website ist '
    + 'ein Browser an jedem Tag ein neuer Besucher.',
  by: 'Gruppieren nach',
  week: 'nach Woche',
  month: 'nach Monat',
  metric: 'Kennzahl',
  period: 'Erste Aktivität',
  total: 'Gesamt',
  average: 'Pro Besucher',
  cut: '* Beginnt vor dem Zeitraum, der am {day} anfängt: Nur Besucher und Aktivität ab diesem Tag sind gezählt.',
  none: 'Keine Besucher in diesem Zeitraum.',
  side: 'Segmente vergleichen',
  'side?': 'Die Aktivität jedes gewählten Segments im Zeitraum, insgesamt und pro Besucher je Tag oder Woche.',
  segment: 'Segment',
  choose: 'Segmente zum Vergleichen, 2 bis 10',
  two: 'Zum Vergleichen brauchen Sie mindestens zwei Segmente.',
  'to-segments': 'Segment anlegen',
  'pick-two': 'Wählen Sie 2 bis 10 Segmente aus.',
};
