extension OpenAPIPage {
    /// The content of `/docs/style.css`, to be served as `text/css; charset=utf-8`.
    public static let style = """
        :root {
          color-scheme: light dark;
          --text: light-dark(#1b1f24, #e4e7eb);
          --soft: light-dark(#57606a, #9aa4af);
          --page: light-dark(#ffffff, #14171a);
          --box: light-dark(#f5f7f9, #1d2125);
          --line: light-dark(#d5dbe1, #343a41);
          --link: light-dark(#0a58ca, #79b8ff);
          --get: light-dark(#0a58ca, #79b8ff);
          --post: light-dark(#1a7f37, #6fdd8b);
          --put: light-dark(#8a5a00, #f0c36d);
          --delete: light-dark(#b42318, #ff9b8f);
        }
        * { box-sizing: border-box; }
        [hidden] { display: none !important; }
        body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
        code { font: 0.9em/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
        small, .type { color: var(--soft); font-weight: normal; }
        a { color: var(--link); }
        :focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
        .skip { position: absolute; left: -99em; }
        .skip:focus { left: 1em; top: 1em; background: var(--page); padding: 0.5em; }
        header { padding: 1rem clamp(1rem, 4vw, 3rem); border-bottom: 1px solid var(--line); }
        header p { max-width: 46em; margin: 0.3rem 0; }
        h1 { margin: 0; font-size: 1.5rem; }
        h2 { margin: 2rem 0 0.6rem; font-size: 1.2rem; }
        h4 { margin: 0.8rem 0 0.2rem; font-size: 0.9rem; }
        pre { margin: 0.2rem 0; white-space: pre-wrap; }
        h3 { margin: 1rem 0 0.3rem; font-size: 1rem; }
        search { display: flex; flex-wrap: wrap; gap: 0.6rem; align-items: center; margin-top: 0.6rem; }
        input { flex: 1 1 16rem; max-width: 30rem; padding: 0.45rem 0.7rem; font: inherit; color: inherit; background: var(--box); border: 1px solid var(--soft); border-radius: 6px; }
        .columns { display: grid; grid-template-columns: 13rem minmax(0, 1fr); gap: 2rem; padding: 0 clamp(1rem, 4vw, 3rem) 4rem; }
        nav { position: sticky; top: 0; max-height: 100vh; overflow: auto; padding: 1.5rem 0; }
        nav ul { list-style: none; margin: 0; padding: 0; }
        nav a { display: inline-block; padding: 0.15rem 0; text-decoration: none; }
        nav a:hover { text-decoration: underline; }
        details { margin: 0.35rem 0; border: 1px solid var(--line); border-radius: 6px; background: var(--box); }
        summary { padding: 0.45rem 0.7rem; cursor: pointer; }
        summary .note { color: var(--soft); }
        .body { padding: 0 0.9rem 0.7rem; border-top: 1px solid var(--line); }
        .body details { background: var(--page); }
        .answer { margin: 0.35rem 0; padding: 0.45rem 0.7rem; }
        .method { display: inline-block; min-width: 4.2em; font: 700 0.8em ui-monospace, monospace; }
        .get { color: var(--get); }
        .post { color: var(--post); }
        .put, .patch { color: var(--put); }
        .delete { color: var(--delete); }
        .path { font-weight: 600; }
        .fields { margin: 0.2rem 0; padding-left: 1.1rem; }
        .fields li { margin: 0.2rem 0; }
        .name { font-weight: 600; }
        .required { color: var(--delete); font-size: 0.85em; }
        @media (max-width: 50rem) {
          .columns { grid-template-columns: minmax(0, 1fr); gap: 0; }
          nav { position: static; max-height: none; padding: 1rem 0 0; }
          nav li { display: inline-block; margin-right: 1rem; }
        }

        """
}
