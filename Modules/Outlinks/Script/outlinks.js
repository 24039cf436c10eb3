/*
 * data-outlinks: clicks on links that lead to another host, and on files to download.
 */
const file = /\.(7z|apk|avi|bz2|csv|dmg|docx?|epub|exe|gz|iso|jar|key|midi?|mobi|mov|mp[34]|mpe?g|msi|numbers|od[pst]|pages|pdf|pkg|pps|pptx?|rar|rpm|rtf|tar|tgz|txt|wav|wma|wmv|xlsx?|xml|xz|zip)$/i;
let page;

const clicked = (event) => {
  // Of auxiliary buttons, only the middle one counts: it opens a new tab.
  if (event.type == "auxclick" && event.button != 1) return;
  const link = event.composedPath().find((node) => node.href && /^a(rea)?$/i.test(node.localName));
  if (!link) return;
  const url = new URL(link.href.baseVal ?? link.href, document.baseURI);
  if (!/^https?:$/.test(url.protocol)) return;
  const isDownload = link.hasAttribute("download") || file.test(url.pathname);
  if (!isDownload && url.hostname == location.hostname) return;
  url.username = url.password = "";
  page.send("outlink", { url: url.href.slice(0, 2_000), link_type: isDownload ? "download" : "external" });
};

export default (next) => {
  if (!page) {
    next.listen("click", clicked);
    next.listen("auxclick", clicked);
  }
  page = next;
};
