//! What is checked on every page that is looked at: nothing sticks out, every field has a name, every text can
//! be read.
//!
//! Each check is a script that gives an empty text, or says what it found.

/// A check.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// What it finds.
    pub what: &'static str,
    /// Gives what it found, or an empty text.
    pub script: &'static str,
}

/// All of them.
pub const CHECKS: [Check; 3] = [
    Check {
        what: "something sticks out to the side",
        script: "const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
            if (wide <= 0) return '';
            const out = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1);
            return wide + ' px: ' + out.slice(-3).map(e => e.outerHTML.slice(0, 120)).join(' | ');",
    },
    Check {
        what: "a field or button has no name",
        script: "const named = e => (e.labels && [...e.labels].some(l => l.textContent.trim())) || e.getAttribute('aria-label');
            const fields = [...document.querySelectorAll('input:not([type=hidden]):not([hidden]), select, textarea')];
            const bare = fields.filter(e => !named(e));
            bare.push(...[...document.querySelectorAll('button, a')].filter(e => !e.textContent.trim()));
            return bare.map(e => e.outerHTML.slice(0, 120)).join(' | ');",
    },
    // WCAG 2.2, 1.4.3: 4.5 to 1, and 3 to 1 for large text.
    Check {
        what: "a text stands out too little from what is behind it",
        script: "const parse = c => { const m = c.match(/[\\d.]+/g).map(Number); return m.length > 3 ? m : [...m, 1]; };
            const part = v => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; };
            const light = ([r, g, b]) => .2126 * part(r) + .7152 * part(g) + .0722 * part(b);
            const behind = e => {
                for (; e; e = e.parentElement) {
                    const c = parse(getComputedStyle(e).backgroundColor);
                    if (c[3] === 1) return c;
                }
                return [255, 255, 255, 1];
            };
            const shown = e => e.checkVisibility({ visibilityProperty: true }) && e.getBoundingClientRect().right > 0 && !e.closest('svg');
            const bad = [];
            for (const e of document.querySelectorAll('body *')) {
                if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) || !shown(e)) continue;
                const style = getComputedStyle(e), size = parseFloat(style.fontSize);
                const [a, b] = [light(parse(style.color)), light(behind(e))].sort((x, y) => y - x);
                const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
                const ratio = (a + .05) / (b + .05);
                if (ratio < (large ? 3 : 4.5)) bad.push(ratio.toFixed(2) + ' ' + e.outerHTML.slice(0, 100));
            }
            return bad.slice(0, 3).join(' | ');",
    },
];
