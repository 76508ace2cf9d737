// Owns: which language a file is in, told from its name.

const LANGUAGES: Record<string, string> = {
    bash: 'bash', sh: 'bash', zsh: 'bash', css: 'css', scss: 'css', diff: 'diff', patch: 'diff', go: 'go', java: 'java', kt: 'java',
    js: 'javascript', cjs: 'javascript', mjs: 'javascript', jsx: 'javascript', json: 'json', jsonl: 'json', jsonc: 'json', py: 'python', pyi: 'python',
    rs: 'rust', sql: 'sql', ts: 'typescript', mts: 'typescript', cts: 'typescript', tsx: 'typescript', html: 'xml', htm: 'xml', svg: 'xml', vue: 'xml',
    xml: 'xml', yaml: 'yaml', yml: 'yaml',
}

/** The language of a file; nothing if it is not known. */
export function languageOf(path: string): string {
    const ending = /\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? ''
    return Object.hasOwn(LANGUAGES, ending) ? LANGUAGES[ending]! : ''
}
