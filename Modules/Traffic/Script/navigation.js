/*
 * data-navigation: routes of the Navigation API (`navigation.navigate()` and links that the page intercepts), which change
 * the URL without a call of `history`. This file only reports that the URL has changed; the core decides what is a page.
 */
let moved;

export default (page) => {
  if (moved || !window.navigation || !page.moved) return;
  moved = page.moved;
  // As with `history`, replacing an entry is no new page if only the query changes. The core has already seen calls of `history`.
  navigation.addEventListener("currententrychange", page.guarded((event) => moved(event.navigationType != "replace")));
  // Catch a navigation that happened while this file was loading.
  moved(false);
};
