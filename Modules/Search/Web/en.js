// English.

export default {
  queries: 'Searches',
  count: 'Count',
  results: 'Results',
  'results?': 'The average number of results that the site showed.',
  zero: 'Searches without results',
  next: 'Next pages after “{query}”',
  none: 'No searches in this range. Add data-search="true" to the script tag.',
  'no-next': 'No pages were viewed after this search.',
};
