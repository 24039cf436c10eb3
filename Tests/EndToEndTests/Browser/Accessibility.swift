import Common

/// What every page of the dashboard must have, checked in the browser: names for controls, headings in order, contrast, unique ids.
enum Accessibility {
    /// Returns one sentence for each violation.
    static let script = """
        const found = [], seen = element => element.getClientRects().length > 0 && getComputedStyle(element).visibility !== 'hidden';
        const name = element => element.getAttribute('aria-label') || (element.getAttribute('aria-labelledby') || '').split(' ').map(id => document.getElementById(id)?.textContent ?? '').join('')
            || [...(element.labels ?? [])].map(label => label.textContent).join('') || element.textContent.trim() || element.title;
        for (const element of document.querySelectorAll('a[href], button, input, select, textarea, [role=button], svg[role=img], dialog'))
            if (seen(element) && !name(element)) found.push('no name: ' + element.outerHTML.slice(0, 120));
        for (const image of document.querySelectorAll('img:not([alt])')) found.push('no alt: ' + image.src);
        if (!document.documentElement.lang) found.push('no language');
        if (!document.title) found.push('no title');
        const ids = [...document.querySelectorAll('[id]')].map(element => element.id);
        for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) found.push('id twice: ' + id);
        const levels = [...document.querySelectorAll('main h1, main h2, main h3')].filter(seen).map(heading => Number(heading.tagName[1]));
        if (levels.filter(level => level === 1).length !== 1) found.push('h1: ' + levels.join(' '));
        levels.forEach((level, at) => { if (at && level > levels[at - 1] + 1) found.push('headings skip: ' + levels.join(' ')); });
        for (const table of document.querySelectorAll('table')) if (seen(table) && !table.querySelector('th')) found.push('no heads: ' + table.outerHTML.slice(0, 80));
        const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
        const rgb = text => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
        const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((sum, v, at) => sum + v * [.2126, .7152, .0722][at], 0);
        const back = element => { for (; element; element = element.parentElement) { const color = rgb(getComputedStyle(element).backgroundColor); if (color[3] > 250) return color; } return [255, 255, 255]; };
        const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        for (let node; node = texts.nextNode();) {
            const element = node.parentElement;
            if (!node.data.trim() || !seen(element) || element.closest('.hidden, svg, [disabled], noscript, option')) continue;
            const style = getComputedStyle(element), a = light(rgb(style.color)), b = light(back(element)), ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
            if (ratio < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5)) found.push('contrast ' + ratio.toFixed(2) + ': ' + node.data.trim().slice(0, 40));
        }
        return [...new Set(found)];
        """
}

extension Browser {
    /// Returns one sentence for each barrier to people with a keyboard or a screen reader.
    func barriers() async throws -> [String] { try await texts(Accessibility.script) }

    /// Other hosts that the page has sent requests to.
    func otherHosts() async throws -> [String] {
        try await run(
            "return performance.getEntriesByType('resource').map(e => new URL(e.name)).filter(u => u.protocol.startsWith('http') && u.host !== location.host).map(u => u.host)"
        )
        .elements.compactMap(\.string)
    }
}
