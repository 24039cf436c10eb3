// Deutsch.

export default {
  pages: 'Seiten',
  entries: 'Einträge',
  none: 'Keine Einträge in diesem Zeitraum.',
};
