// English.

export default {
  links: 'Links',
  hosts: 'Sites',
  downloads: 'Downloads',
  types: 'File types',
  clicks: 'Clicks',
  none: 'No clicks in this range. Add data-outlinks="true" to the script tag.',
};
