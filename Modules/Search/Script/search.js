/*
 * data-search: the words that somebody looked for on the site, from the address of the page of results
 * (data-search-param, "q" unless said otherwise). The number of results is known to the site alone:
 * pulse("search", { query, results_count }) tells it.
 */
let last;

export default (page) => {
  const name = page.options.searchParam || "q";
  const route = location.hash.split("?")[1]; // of sites that route by the hash
  const query = page.cut((new URLSearchParams(location.search).get(name) || new URLSearchParams(route).get(name) || "").trim(), 200);
  // The second page of results is the same search.
  if (query && query != last) page.send("search_query", { query });
  last = query;
};
