// Owns: markdown and code as HTML, in the worker.
// Invariant: no HTML of the text passes: it is shown as text. Pictures of other places are not loaded: they become
// links. The page sanitises the result all the same.
import hljs from 'highlight.js/lib/core'
import bash from 'highlight.js/lib/languages/bash'
import css from 'highlight.js/lib/languages/css'
import diff from 'highlight.js/lib/languages/diff'
import go from 'highlight.js/lib/languages/go'
import java from 'highlight.js/lib/languages/java'
import javascript from 'highlight.js/lib/languages/javascript'
import json from 'highlight.js/lib/languages/json'
import python from 'highlight.js/lib/languages/python'
import rust from 'highlight.js/lib/languages/rust'
import sql from 'highlight.js/lib/languages/sql'
import typescript from 'highlight.js/lib/languages/typescript'
import xml from 'highlight.js/lib/languages/xml'
import yaml from 'highlight.js/lib/languages/yaml'
import MarkdownIt from 'markdown-it'

const languages = { bash, css, diff, go, java, javascript, json, python, rust, sql, typescript, xml, yaml }
for (const [name, language] of Object.entries(languages)) hljs.registerLanguage(name, language)

/** Longer code is not highlighted. */
const MOST_HIGHLIGHTED = 100_000

/** Code as HTML: of a known language with its parts marked, else escaped. */
export function highlight(code: string, language: string): string {
    if (code.length > MOST_HIGHLIGHTED || !hljs.getLanguage(language)) return escape(code)
    return hljs.highlight(code, { language, ignoreIllegals: true }).value
}

const it = new MarkdownIt({ html: false, linkify: false, breaks: true, highlight })
const escape = it.utils.escapeHtml

// A picture is an address that would be asked; it is shown as a link instead.
it.renderer.rules.image = (tokens, index) => {
    const token = tokens[index]!
    const address = String(token.attrGet('src') ?? '')
    return `<a href="${escape(address)}">${escape(`picture: ${token.content || address}`)}</a>`
}

/** Markdown as HTML. */
export function markdown(text: string): string {
    return it.render(text)
}
