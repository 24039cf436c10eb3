// English.

export default {
  flow: 'Visitor flow',
  'flow?':
    'Where visitors went after a page or event, or where they came from. Counts only the first time that each visitor reached it in this '
    + 'range, and only steps in that visit. Click a page to start from it.',
  kind: 'Start with',
  path: 'Page',
  event: 'Event',
  page: 'Page or event',
  direction: 'Direction',
  forward: 'after',
  backward: 'before',
  depth: 'Steps',
  steps: { one: '{count} step', other: '{count} steps' },
  none: 'No visit in this range includes this page or event.',
  exit: 'exit',
  entry: 'entry',
  other: 'other pages',
  who: 'Show visitors',
  between: 'Paths between two pages',
  'between?': 'Paths that visits take from the first page to the last, most frequent first. * matches any text.',
  start: 'First page',
  end: 'Last page',
  way: 'Path',
  median: 'Median time',
  'no-way': 'No visit went from the first page to the last in this range.',
  sum: '{sessions} visits by {visitors} visitors, {steps} steps on average.',
};
