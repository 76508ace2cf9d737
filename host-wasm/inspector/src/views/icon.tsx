// Owns: the pictograms, as strokes on a grid of 24.

const PATHS = {
    back: 'M15 5l-7 7 7 7',
    branch: 'M6 4v16M6 10c0 4 12 2 12 7v3',
    check: 'M5 12.5l4.5 4.5L19 7.5',
    chevron: 'M9 6l6 6-6 6',
    close: 'M6 6l12 12M18 6L6 18',
    compare: 'M4 5h6v14H4zM14 5h6v14h-6zM6.5 9h1M16.500 9h1M6.500 13h1',
    copy: 'M9 9h10v11H9zM5 15V4h10',
    file: 'M7 3h7l4 4v14H7zM14 3v4h4',
    folder: 'M3 6h7l2 2h9v11H3z',
    help: 'M9 9a3 3 0 1 1 4 2.8c-.7.3-1 .8-1 1.7M12 17.2v.2',
    label: 'M4 4h8l8 8-8 8-8-8zM8.5 8.5v.1',
    link: 'M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.700l1-1',
    moon: 'M20 14.500A8 8 0 0 1 9.5 4a8 8 0 1 0 10.5 10.500z',
    pane: 'M4 5h16v14H4zM15 5v14',
    search: 'M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16 16l4.5 4.5',
    side: 'M4 5h16v14H4zM9 5v14',
    sun: 'M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.400M17.6 17.600L19 19M5 19l1.4-1.400M17.6 6.400L19 5',
    system: 'M3 5h18v11H3zM9 20h6M12 16v4',
    warning: 'M12 4l9 16H3zM12 10v4M12 17v.2',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name }: { name: IconName }) {
    return (
        <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true">
            <path d={PATHS[name]} />
        </svg>
    )
}
