/*
 * data-navigation: routes of the Navigation API (`navigation.navigate()` and links that the page intercepts), which change
 * the address without a call of `history`. The core knows what makes a page; this only says that the address has changed.
 */
let moved;

export default (page) => {
  if (moved || !window.navigation || !page.moved) return;
  moved = page.moved;
  // As for `history`: what replaces an entry makes no page of a query alone. The core has seen what `history` did itself.
  navigation.addEventListener("currententrychange", page.guarded((event) => moved(event.navigationType != "replace")));
  // Where somebody went on while this file was on its way.
  moved(false);
};
