// Owns: cutting highlighted text into lines.
// Invariant: each line is whole markup of its own: what is open at its end is closed there and opened again behind.

/** The lines of HTML that holds nothing but text and `span`s. */
export function htmlLines(html: string): string[] {
    const open: string[] = []
    return html.split('\n').map(line => {
        const before = open.join('')
        for (const [tag] of line.matchAll(/<span[^>]*>|<\/span>/g)) {
            if (tag === '</span>') open.pop()
            else open.push(tag)
        }
        return before + line + '</span>'.repeat(open.length)
    })
}
