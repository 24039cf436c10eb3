// English.

export default {
  grid: 'Retention by cohort',
  'grid?':
    'Each row is a cohort: the visitors who started in that period. Each column is a later period. A cell is the share of the cohort that '
    + 'was active again; – means the period is not over yet. Click a cell to list the visitors. Without visitor IDs from your site, '
    + 'a browser is a new visitor each day.',
  period: 'Period',
  daily: 'by day',
  weekly: 'by week',
  monthly: 'by month',
  mode: 'Cohort members',
  first_time: 'only first-timers in each period',
  recurring: 'everyone in each period',
  variant: 'Counts as returning',
  on: 'in that period',
  unbounded: 'in that period or later',
  rolling: 'from each visitor’s own start',
  event: 'Start event',
  return: 'Return event',
  cohort: 'Cohort',
  'daily.after': 'Day {count}',
  'weekly.after': 'Week {count}',
  'monthly.after': 'Month {count}',
  cut: '* Starts before the range, which begins on {day}. Only visitors who started on or after that day are counted.',
  none: 'No visitors started in this range.',
  open: 'No period is over yet.',
  average: 'Average',
  'average?': 'Across all cohorts whose period is over, weighted by number of visitors.',
  cell: '{cohort}, {after}: {count} of {all} visitors',
};
