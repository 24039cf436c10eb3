// English.

export default {
  pages: 'Pages',
  depth: 'Average depth',
  'depth?': 'How far down visitors scrolled on average, as a percentage of the page height.',
  median: 'Median',
  samples: 'Views',
  reached: 'Scroll depth reached',
  'reached?': 'Share of views that scrolled at least this far, across all pages or the page you filter by.',
  none: 'No scroll data in this range. Add data-scroll="true" to the script tag.',
};
