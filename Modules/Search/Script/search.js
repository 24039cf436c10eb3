/*
 * data-search: what visitors search for on the site, read from the URL of the results page. data-search-param is the name
 * of the query parameter, "q" by default. Only the site knows the number of results, and can send it with
 * pulse("search", { query, results_count }).
 */
let last;

export default (page) => {
  const name = page.options.searchParam || "q";
  const route = location.hash.split("?")[1]; // for sites that route by the hash
  const query = page.cut((new URLSearchParams(location.search).get(name) || new URLSearchParams(route).get(name) || "").trim(), 200);
  // Further pages of results belong to the same search.
  if (query && query != last) page.send("search_query", { query });
  last = query;
};
