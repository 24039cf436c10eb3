// English.

export default {
  'over-time': 'Entries over time',
  entries: 'Entries, newest first',
  level: 'Level',
  all: 'All levels',
  search: 'Search',
  'search?': 'Part of the message',
  environment: 'Environment',
  release: 'Release',
  tail: 'Follow',
  stop: 'Stop following',
  none: 'No entries. Send one with pulse("log", "warn", "message", { any: "data" }).',
  time: 'Time',
  page: 'Page',
  visitor: 'Visitor',
  body: 'Data',
};
