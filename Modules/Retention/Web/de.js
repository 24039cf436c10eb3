// German.

export default {
  grid: 'Retention nach Kohorte',
  'grid?':
    'Jede Zeile ist eine Kohorte: die Besucher, die in diesem Zeitabschnitt begannen. Jede Spalte ist ein späterer Abschnitt. Eine Zelle '
    + 'ist der Anteil der Kohorte, der wieder aktiv war; – heißt, der Abschnitt ist noch nicht vorbei. Ein Klick auf eine Zelle listet die '
    + 'Besucher auf. Ohne Besucher-IDs Ihrer Website ist '
    + 'ein Browser an jedem Tag ein neuer Besucher.',
  period: 'Abschnitt',
  daily: 'nach Tag',
  weekly: 'nach Woche',
  monthly: 'nach Monat',
  mode: 'Wer zur Kohorte zählt',
  first_time: 'erster Besuch überhaupt',
  recurring: 'alle in jedem Abschnitt',
  variant: 'Zählt als Wiederkehr',
  on: 'in diesem Abschnitt',
  unbounded: 'in diesem Abschnitt oder später',
  rolling: 'ab dem eigenen Beginn',
  event: 'Startereignis',
  return: 'Wiederkehrereignis',
  cohort: 'Kohorte',
  'daily.after': 'Tag {count}',
  'weekly.after': 'Woche {count}',
  'monthly.after': 'Monat {count}',
  cut: '* Beginnt vor dem Zeitraum, der am {day} anfängt: Nur Besucher, die ab diesem Tag begannen, sind gezählt.',
  none: 'Kein Besucher begann in diesem Zeitraum.',
  open: 'Noch ist kein Abschnitt vorbei.',
  average: 'Durchschnitt',
  'average?': 'Über alle Kohorten, deren Abschnitt vorbei ist, gewichtet nach Zahl der Besucher.',
  cell: '{cohort}, {after}: {count} von {all} Besuchern',
};
