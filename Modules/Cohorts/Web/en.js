// English.

export default {
  cohorts: 'Cohorts',
  'cohorts?':
    'Visitors by the week or month of their first activity in this range, even if they had visited before, and everything they did in the '
    + 'range. The Retention page groups visitors by their very first activity instead. Without visitor IDs from your site, '
    + 'a browser is a new visitor each day.',
  by: 'Group by',
  week: 'by week',
  month: 'by month',
  metric: 'Metric',
  period: 'First activity',
  total: 'Total',
  average: 'Per visitor',
  cut: '* Starts before the range, which begins on {day}: only visitors and activity on or after that day are counted.',
  none: 'No visitors in this range.',
  side: 'Compare segments',
  'side?': 'The activity of each selected segment in this range, in total and per visitor, for each day or week.',
  segment: 'Segment',
  choose: 'Segments to compare, 2 to 10',
  two: 'Comparing requires at least two segments.',
  'to-segments': 'Create a segment',
  'pick-two': 'Select 2 to 10 segments.',
};
