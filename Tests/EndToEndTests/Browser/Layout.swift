import Common

/// Faults that no page may have at any width: texts that overlap or stick out of their boxes, a page that scrolls sideways, a row of
/// boxes that is not filled, a box that only a pointer can scroll, a column without a name, a select, placeholder or button that cuts its
/// text, a word broken in the middle, a table that is cut without a hint.
enum Layout {
    /// Returns one sentence for each fault.
    static let script = #"""
        // The page notices a new size with the next frame.
        await new Promise(drawn => requestAnimationFrame(() => setTimeout(drawn, 50)));
        const found = [], root = document.documentElement, wide = root.clientWidth;
        const scope = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body;
        const what = e => `${e.tagName.toLowerCase()}${e.id ? '#' + e.id : ''}${e.classList.length ? '.' + [...e.classList].join('.') : ''} “${e.textContent.trim().replace(/\s+/g, ' ').slice(0, 40)}”`;
        const hasLongWord = text => /[\p{L}\p{N}_]{25}/u.test(text), isLong = text => text.length > 40 || hasLongWord(text);
        if (root.scrollWidth > wide) found.push(`the page is ${root.scrollWidth - wide} px too wide`);
        const styles = new Map(), style = e => { if (!styles.has(e)) styles.set(e, getComputedStyle(e)); return styles.get(e); };
        // The visible part of a rectangle inside `e`, whose ancestors may clip it; and the innermost ancestor that scrolls.
        const clip = (rect, e) => {
          let { left, top, right, bottom } = rect, scroller = null;
          for (let p = e; p && p !== scope.parentElement; p = p.parentElement) {
            const { overflowX, overflowY, position } = style(p);
            if (overflowX !== 'visible' || overflowY !== 'visible') {
              if (/auto|scroll/.test(overflowX + overflowY)) scroller ??= p;
              const box = p.getBoundingClientRect();
              left = Math.max(left, box.left); right = Math.min(right, box.right); top = Math.max(top, box.top); bottom = Math.min(bottom, box.bottom);
            }
            if (position === 'fixed') break;
          }
          return { left, top, right, bottom, scroller };
        };
        const texts = [], walker = document.createTreeWalker(scope, NodeFilter.SHOW_TEXT);
        for (let node; node = walker.nextNode();) {
          const e = node.parentElement;
          if (!node.data.trim() || e.closest('.hidden, .skip, option, svg, .tip, .toasts') || !e.checkVisibility({ visibilityProperty: true })) continue;
          const range = document.createRange(); range.selectNodeContents(node);
          for (const rect of e.closest('.info') ? [e.closest('.info').getBoundingClientRect()] : range.getClientRects()) {
            const box = clip(rect, e);
            if (box.right - box.left < 2 || box.bottom - box.top < 2) continue;
            texts.push({ e, box });
            if (!box.scroller && (rect.right > wide + 1 || rect.left < -1)) found.push(`outside the window: ${what(e)}`);
            const card = e.closest('.card, .figure, dialog, td, th');
            if (!card || card.contains(box.scroller) && card !== box.scroller) continue;
            const edge = card.getBoundingClientRect(), out = Math.round(Math.max(box.right - edge.right, edge.left - box.left));
            if (out > 1) found.push(`sticks out of its box by ${out} px: ${what(e)}`);
          }
        }
        texts.sort((a, b) => a.box.top - b.box.top);
        for (let i = 0; i < texts.length; i++) {
          for (let j = i + 1; j < texts.length && texts[j].box.top < texts[i].box.bottom; j++) {
            const { e: a, box: p } = texts[i], { e: b, box: q } = texts[j];
            const x = Math.min(p.right, q.right) - Math.max(p.left, q.left), y = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
            if (a !== b && x > 2 && y > 5) found.push(`overlap by ${Math.round(x)}×${Math.round(y)} px: ${what(a)}, ${what(b)}`);
          }
        }
        for (const grid of scope.querySelectorAll('.grid')) {
          if (!grid.checkVisibility()) continue;
          const lines = new Map(), whole = grid.getBoundingClientRect().width;
          for (const child of grid.children) { const { top, width } = child.getBoundingClientRect(); lines.set(Math.round(top), (lines.get(Math.round(top)) ?? 0) + width); }
          for (const width of lines.values()) if (width < whole * .9) found.push(`a row of a grid is only filled to ${Math.round(width / whole * 100)} %: ${what(grid)}`);
        }
        const isCut = e => {
          const { overflowX, overflowY } = style(e);
          if (!/auto|scroll/.test(overflowX + overflowY) || e.matches('dialog, textarea, select') || !e.checkVisibility()) return false;
          return /auto|scroll/.test(overflowX) && e.scrollWidth > e.clientWidth + 1 || /auto|scroll/.test(overflowY) && e.scrollHeight > e.clientHeight + 1;
        };
        const byPointer = () => [...scope.querySelectorAll('*')].filter(e => isCut(e) && e.tabIndex < 0
          && !e.querySelector('a[href], button, input, select, textarea, [tabindex="0"]'));
        for (const e of byPointer()) found.push(`scrolls only by pointer: ${what(e)}`);
        // Controls that don't show all of their text. A copy without a width limit shows how wide the text is.
        const seen = selector => [...scope.querySelectorAll(selector)].filter(e => e.checkVisibility({ visibilityProperty: true }) && !e.closest('.hidden'));
        for (const e of seen('select')) {
          const text = e.selectedOptions[0]?.textContent ?? '', copy = e.cloneNode(), option = document.createElement('option');
          // Names that people chose may be longer than any screen.
          if (!text || isLong(text)) continue;
          option.textContent = text;
          copy.append(option);
          copy.removeAttribute('id');
          copy.style.cssText = 'position: absolute; visibility: hidden; width: auto; min-width: 0; max-width: none';
          e.after(copy);
          const more = copy.offsetWidth - e.offsetWidth;
          copy.remove();
          if (more > 1) found.push(`a choice is cut by ${more} px: “${text}” in ${e.getAttribute('aria-label') ?? e.id}`);
        }
        const pen = document.createElement('canvas').getContext('2d');
        for (const e of seen('input[placeholder], textarea[placeholder]')) {
          const { font, paddingLeft, paddingRight } = style(e);
          pen.font = font;
          const more = Math.round(pen.measureText(e.placeholder).width - (e.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight) - (e.list ? 16 : 0)));
          if (!e.value && more > 1) found.push(`a placeholder is cut by ${more} px: “${e.placeholder}”`);
        }
        for (const e of seen('button:not(.row), .badge, nav a')) {
          if (e.scrollWidth > e.clientWidth + 1 && style(e).display !== 'inline') found.push(`a button is cut by ${e.scrollWidth - e.clientWidth} px: ${what(e)}`);
        }
        // Words that are broken in the middle, and not after a hyphen or a separator in a URL.
        const words = document.createTreeWalker(scope, NodeFilter.SHOW_TEXT);
        for (let node; node = words.nextNode();) {
          const e = node.parentElement;
          if (e.closest('.hidden, .skip, option, svg, .tip, .toasts, pre, textarea') || !e.checkVisibility({ visibilityProperty: true })) continue;
          for (const { 0: word, index } of node.data.matchAll(/[\p{L}\p{N}_]{2,24}(?![\p{L}\p{N}_])/gu)) {
            if (/[\p{L}\p{N}_]/u.test(node.data[index - 1] ?? '')) continue;
            const range = document.createRange();
            range.setStart(node, index); range.setEnd(node, index + word.length);
            const rects = [...range.getClientRects()].filter(rect => rect.width > 0);
            if (rects.length > 1 && rects.at(-1).top > rects[0].top + 4) found.push(`a word is broken: “${word}” in ${what(e)}`);
          }
        }
        // Content that is wider than its box has a hint at the edge, and on a common screen only content with many columns is wider.
        for (const e of seen('.scroll')) {
          const more = e.scrollWidth - e.clientWidth;
          if (more > 1 && !(e.dataset.more ?? '').includes('end') && e.scrollLeft + e.clientWidth < e.scrollWidth - 1) found.push(`is cut without a hint: ${what(e)}`);
          if (more > 1 && innerWidth >= 1_440 && !e.querySelector('.cohorts, .sankey') && !e.closest('.drawing')) found.push(`a table is ${more} px wider than its card: ${what(e)}`);
        }
        for (const row of seen('.plain tbody tr')) {
          const { height } = row.getBoundingClientRect();
          if (height > 130 && !hasLongWord(row.textContent)) found.push(`a row is ${Math.round(height)} px high: ${what(row)}`);
        }
        for (const head of scope.querySelectorAll('th')) if (head.checkVisibility() && !head.textContent.trim()) found.push(`an empty heading: ${what(head.closest('table'))}`);
        return [...new Set(found)];
        """#

    /// The widths of phones, tablets, and small and large screens, in pixels.
    static let widths = [390, 768, 1_024, 1_366, 1_440, 1_920]
}

extension Browser {
    /// Sets the size of the page in pixels, which may be smaller than a window can be.
    func viewport(width: Int, height: Int = 900) async throws {
        try await devTools(
            "Emulation.setDeviceMetricsOverride", ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": false])
    }

    /// The layout faults of the page or of the open dialog, each with the widths that show it.
    func layoutFaults(at widths: [Int] = Layout.widths) async throws -> [String] {
        var found: [(sentence: String, widths: [Int])] = []
        for width in widths {
            try await viewport(width: width)
            for sentence in try await texts(Layout.script) {
                if let at = found.firstIndex(where: { $0.sentence == sentence }) {
                    found[at].widths.append(width)
                } else {
                    found.append((sentence, [width]))
                }
            }
        }
        return found.map { "\($0.widths) \($0.sentence)" }
    }
}
