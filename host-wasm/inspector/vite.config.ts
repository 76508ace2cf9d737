// Owns: how the page is bundled: relative addresses, since `jcode-session inspect` serves it below a token; no inlined
// files and no inline scripts, since the content security policy refuses them.
import { defineConfig } from 'vite'

export default defineConfig({
    base: './',
    worker: { format: 'es' },
    build: {
        target: 'es2022',
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        chunkSizeWarningLimit: 400,
    },
    test: { include: ['src/**/*.test.ts'] },
} as Parameters<typeof defineConfig>[0])
