// English.

export default {
  pages: 'Pages',
  entries: 'Entries',
  none: 'No entries in this range.',
};
