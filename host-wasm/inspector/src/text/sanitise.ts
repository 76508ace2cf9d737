// Owns: the last gate before HTML of a session's text becomes part of the page.
// Invariant: only elements and attributes that text needs; no script, no style, no address that is loaded by itself;
// links go to the web or to mail only, in a tab of their own, and show where they go.
import DOMPurify from 'dompurify'

const TAGS = [
    'a', 'blockquote', 'br', 'code', 'del', 'em', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'li', 'ol', 'p', 'pre', 's',
    'span', 'strong', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'ul',
]

const purify = DOMPurify(window)

purify.addHook('afterSanitizeAttributes', node => {
    if (node.hasAttribute('class') && !/^((hljs|language)-[\w-]+( \w+_*)*|link-target)$/.test(node.className)) node.removeAttribute('class')
    if (node.tagName !== 'A') return
    const target = node.getAttribute('href') ?? ''
    if (!/^(https?:|mailto:)/i.test(target)) {
        node.removeAttribute('href')
        return
    }
    node.setAttribute('rel', 'noopener noreferrer')
    node.setAttribute('target', '_blank')
    node.setAttribute('title', target)
    if (node.textContent !== target) {
        const shown = document.createElement('span')
        shown.className = 'link-target'
        shown.textContent = place(target)
        node.append(shown)
    }
})

function place(target: string): string {
    try {
        const url = new URL(target)
        return url.host || url.pathname
    } catch {
        return target
    }
}

/** HTML that may be put into the page. */
export function sanitise(html: string): string {
    return purify.sanitize(html, { ALLOWED_TAGS: TAGS, ALLOWED_ATTR: ['href', 'class', 'start'], ALLOW_DATA_ATTR: false })
}
